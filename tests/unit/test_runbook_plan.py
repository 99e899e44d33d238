"""The frozen plan: the same facts give the same bytes, and everything promised is in them."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from incidentbot import ids
from incidentbot.incidents.people import Person
from incidentbot.runbooks import guard, plan
from incidentbot.runbooks.contract import Live
from incidentbot.runbooks.steps import Target
from tests.unit.runbook_cases import asset, shipped, steps, to_backup

GOLDEN = Path(__file__).parents[1] / "golden" / "plan-serve-from-backup.json"


def body() -> dict[str, Any]:
    book, one, facts = shipped().get("serve-from-backup"), asset(), to_backup()
    live = Live("us-east-1", "7", {"Value": "us-east-1"})
    made = plan.compose(
        plan_id=plan.new_id("INC-7", book.name, one.name, 0),
        incident_id="INC-7",
        book=book,
        target=Target(one, one.ways[0]),
        facts=facts,
        guarded=guard.evaluate(facts),
        steps=steps(one, live, facts.to, facts.source),
        terms=plan.Terms(approvals=1, confirm=True, expires=timedelta(minutes=10)),
        undo_title=shipped().get(book.file.undo or "").title(one),
        person=Person("U1", "Maya"),
    )
    return made | {"runbook": {**made["runbook"], "digest": "of the file"}}


def test_the_plan_is_the_one_on_file() -> None:
    assert body() == json.loads(GOLDEN.read_text(encoding="utf-8")), (
        "the plan changed; if that is meant, write the new one:\n" + json.dumps(body(), indent=1)
    )


def test_the_same_facts_are_the_same_bytes_and_one_letter_is_another_hash() -> None:
    assert ids.digest(body()) == ids.digest(body())
    assert ids.digest(body()) != ids.digest(body() | {"to": "us-west-1"})


def test_what_is_shown_as_after_is_what_the_request_writes() -> None:
    made = body()
    (step,), (diff,) = made["steps"], made["diff"]
    (request,) = step["requests"]
    assert request["params"]["Value"] == diff["after"] == "us-west-2"
    assert request["params"]["Name"] in step["target"]


def test_the_undo_is_in_the_plan_before_anything_is_written() -> None:
    made = body()
    (step,), (diff,) = made["steps"], made["diff"]
    (undo,) = step["undo"]
    assert undo["params"]["Value"] == diff["before"] == "us-east-1"
    assert undo["params"]["Name"] == step["requests"][0]["params"]["Name"]


def test_the_number_in_front_makes_a_new_plan() -> None:
    one, two = (plan.new_id("INC-7", "b", "a", number) for number in (0, 1))
    assert one != two
    assert one == plan.new_id("INC-7", "b", "a", 0)


def test_what_writes_nothing_is_not_said_to_be_read_back() -> None:
    (write,) = steps(asset(), Live("us-east-1", "1"), "us-west-2", "us-east-1")
    assert plan.verify_body(None, "", [write])["words"] == "Read back where it was written"
    assert "nothing is written" in plan.verify_body(None, "", [])["words"]
