"""The steps of a frozen plan as text: what is written, before and after, field by field. Pure.

Nothing is left out without a word: what does not fit is counted, and it is said where all of it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from incidentbot.incidents.lifecycle import words

MOST_FIELDS = 6  # of one step; more are counted
VALUE = 90  # characters of one value
WHAT = 200
LONGEST = 2700  # of all the steps: one block of code, with a line to spare

Body = Mapping[str, Any]


def whole(body: Body) -> str:
    """All of it, however long: for a terminal."""
    steps = body.get("steps") or ()
    several = len(steps) > 1
    rows = (_step(step, n if several else 0, body, 10**6) for n, step in enumerate(steps, 1))
    return "\n".join(line for step in rows for line in step)


def of_plan(body: Body, plan_id: str) -> str:
    """Each step in order, as many whole ones as fit."""
    steps = body.get("steps") or ()
    several = len(steps) > 1
    kept: list[str] = []
    length = 0
    for number, step in enumerate(steps, 1):
        text = "\n".join(_step(step, number if several else 0, body, 1))
        if kept and length + len(text) > LONGEST:
            left = len(steps) - number + 1
            kept.append(f"… and {left} more of {len(steps)} steps; {_all_of_it(plan_id)}")
            break
        kept.append(text if len(text) <= LONGEST else f"{text[:LONGEST]}… {_all_of_it(plan_id)}")
        length += len(text) + 1
    return "\n".join(kept)


def change(body: Body) -> str:
    """The whole change in one line."""
    rows = body.get("diff") or ()
    if not rows:
        return "nothing is written"
    row = rows[0]
    more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
    return f"{row['what']}: {row['before']} to {row['after']}{more}"


def checklist(body: Body, number: int) -> Sequence[str]:
    """What a person ticks off in that step; empty when it is no list."""
    steps = body.get("steps") or ()
    if not 1 <= number <= len(steps):
        return ()
    return tuple(str(item) for item in steps[number - 1].get("items") or ())


def _step(step: Mapping[str, Any], number: int, body: Body, room: int) -> Iterator[str]:
    """`room`: how many times as much as in a message there is room for."""
    head = f"{number}. " if number else ""
    what, value = WHAT * room, VALUE * room
    if step["kind"] == "manual":
        yield f"{head}By a person: {_cut(step['ask'] or 'to be done', what)}"
        yield from (f"  [ ] {_cut(item, what)}" for item in step["items"])
        return
    yield f"{head}{_cut(step['what'], what)}{_share(step, body)}"
    yield f"  before  {_cut(step['before']['value'], value)}"
    yield f"  after   {_cut(step['after']['value'], value)}"
    yield from _fields(step, room)


def _share(step: Mapping[str, Any], body: Body) -> str:
    """ ": 25 % of the traffic to us-west-2, then watched for 2 min"."""
    goal = step.get("goal") or {}
    share = goal.get("share", 100)
    soak = step.get("soak") or 0
    staged = share != 100 or any(
        (other.get("goal") or {}).get("share", 100) != 100 for other in body.get("steps") or ()
    )
    if not staged:
        return ""
    then = f", then watched for {words(soak)}" if soak else ""
    return f": {share} % of the traffic to {body['to']}{then}"


def _fields(step: Mapping[str, Any], room: int) -> Iterator[str]:
    """The exact fields that change; one that says no more than the lines above is only named."""
    rows, most = step.get("diff") or (), MOST_FIELDS * room
    same = (step["before"]["value"], step["after"]["value"])
    for row in rows[:most]:
        name = _cut(row["field"], VALUE * room)
        if (row["before"], row["after"]) == same:
            yield f"  field   {name}"
        else:
            change = (_value(row[side], VALUE * room) for side in ("before", "after"))
            yield f"  field   {name}: {' -> '.join(change)}"
    if len(rows) > most:
        yield f"  … and {len(rows) - most} more fields of {len(rows)}"
    requests = step.get("requests") or ()
    if len(requests) > 1:
        yield f"  {len(requests)} calls"


def _value(value: Any, limit: int) -> str:
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), limit)


def _cut(text: Any, limit: int) -> str:
    """On one line, with how much is missing."""
    said = " ".join(str(text).split())
    return said if len(said) <= limit else f"{said[:limit]}… ({len(said) - limit} more characters)"


def _all_of_it(plan_id: str) -> str:
    return f"`incidentbot runbook show {plan_id}` has all of it"
