"""One act has one key however Slack brings it, and two acts never share one."""

import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from incidentbot.slack.inbound.acts import act_of, press_of
from incidentbot.slack.inbound.inbox import key_of

Body = dict[str, Any]

TS = "1767225600.000100"
person = st.sampled_from(["U1", "U2"])
place = st.sampled_from(["C1", "C2"])
moment = st.integers(1_700_000_000_000_000, 1_700_000_000_000_004).map(
    lambda us: f"{us // 1_000_000}.{us % 1_000_000:06d}"
)
emoji = st.sampled_from(["pushpin", "eyes"])
word = st.sampled_from(["status", "ack"])
trigger = st.integers(1, 4).map(lambda n: f"{n}.{n}.abc")


def message(user: str, channel: str, ts: str) -> Body:
    return {"type": "message", "user": user, "channel": channel, "ts": ts, "event_ts": ts}


def mention(user: str, channel: str, ts: str) -> Body:
    return message(user, channel, ts) | {"type": "app_mention"}


def edit(user: str, channel: str, ts: str) -> Body:
    inner = {"user": user, "ts": TS, "edited": {"user": user, "ts": ts}}
    return {
        "type": "message", "subtype": "message_changed", "channel": channel, "ts": ts,
        "event_ts": ts, "message": inner,
    }  # fmt: skip


def deletion(channel: str, ts: str) -> Body:
    return {
        "type": "message", "subtype": "message_deleted", "channel": channel, "ts": ts,
        "event_ts": ts, "deleted_ts": TS,
    }  # fmt: skip


def reaction(verb: str, user: str, channel: str, name: str, ts: str) -> Body:
    item = {"type": "message", "channel": channel, "ts": TS}
    return {"type": verb, "user": user, "reaction": name, "item": item, "event_ts": ts}


def rename(channel: str, ts: str) -> Body:
    return {"type": "channel_rename", "channel": {"id": channel, "name": "x"}, "event_ts": ts}


def joined(user: str, channel: str, ts: str) -> Body:
    return {"type": "member_joined_channel", "user": user, "channel": channel, "event_ts": ts}


def home(user: str, ts: str) -> Body:
    return {"type": "app_home_opened", "user": user, "channel": "D1", "event_ts": ts}


def revoked(user: str) -> Body:
    return {"type": "tokens_revoked", "tokens": {"bot": [user]}}


def event(inner: Body) -> tuple[str, Body]:
    body = {"type": "event_callback", "team_id": "T1", "event_time": 5, "event": inner}
    return "event", body | {"event_id": "Ev1"}


def command(user: str, text: str, trigger_id: str) -> tuple[str, Body]:
    return "command", {"user_id": user, "text": text, "trigger_id": trigger_id}


def click(user: str, channel: str, action: str, ts: str) -> tuple[str, Body]:
    pressed = {"type": "button", "action_id": action, "block_id": "b", "action_ts": ts}
    where = {"type": "message", "message_ts": TS, "channel_id": channel}
    body = {"user": {"id": user}, "actions": [pressed], "container": where}
    return "click", body | {"trigger_id": f"{ts}.{user}.{channel}.{action}"}


def shortcut(user: str, name: str, ts: str) -> tuple[str, Body]:
    body = {"user": {"id": user}, "callback_id": name, "action_ts": ts}
    return "shortcut", body | {"trigger_id": f"{ts}.{user}.{name}.s"}


def submit(user: str, view: str, version: str) -> tuple[str, Body]:
    return "submit", {"user": {"id": user}, "view": {"id": view, "hash": version}}


def closed(user: str, view: str) -> tuple[str, Body]:
    return "closed", {"user": {"id": user}, "view": {"id": view, "hash": "h1"}}


verbs = st.sampled_from(["reaction_added", "reaction_removed"])
acts = st.one_of(
    st.builds(message, person, place, moment).map(event),
    st.builds(mention, person, place, moment).map(event),
    st.builds(edit, person, place, moment).map(event),
    st.builds(deletion, place, moment).map(event),
    st.builds(reaction, verbs, person, place, emoji, moment).map(event),
    st.builds(rename, place, moment).map(event),
    st.builds(joined, person, place, moment).map(event),
    st.builds(home, person, moment).map(event),
    st.builds(revoked, person).map(event),
    st.builds(command, person, word, trigger),
    st.builds(click, person, place, word, moment),
    st.builds(shortcut, person, word, moment),
    st.builds(submit, person, st.sampled_from(["V1", "V2"]), st.sampled_from(["h1", "h2"])),
    st.builds(closed, person, st.sampled_from(["V1", "V2"])),
)


def another_way(kind: str, body: Body, new_id: bool) -> Body:
    """The same act, as Slack brings it the second time."""
    again = copy.deepcopy(body)
    if kind == "event" and new_id:
        again["event_id"] = "Ev2"  # a twin
        again["event_context"] = "4-other"
    again["token"] = "another"
    return again


@given(acts, st.booleans())
def test_an_act_brought_again_has_the_same_key(act: tuple[str, Body], new_id: bool) -> None:
    kind, body = act
    assert key_of(kind, another_way(kind, body, new_id)) == key_of(kind, body)


def told_apart(act: tuple[str, Body]) -> Any:
    """What makes an act itself and no other, written down by hand."""
    kind, body = act
    if kind == "command":
        return kind, body["trigger_id"]
    if kind in ("submit", "closed"):
        view = body["view"]
        return kind, view["id"], view["hash"]
    return kind, body | {"event_id": ""}


@given(acts, acts)
@example(event(edit("U1", "C1", TS)), event(edit("U2", "C1", TS)))
def test_two_acts_have_two_keys(one: tuple[str, Body], other: tuple[str, Body]) -> None:
    first, second = told_apart(one), told_apart(other)
    assert (key_of(*one) == key_of(*other)) == (first == second)


def test_an_event_has_its_id_and_a_click_its_trigger_as_a_second_key() -> None:
    kind, body = event(message("U1", "C1", TS))
    other = event(message("U1", "C1", "1767225601.000000"))[1]
    assert act_of(kind, body).second == act_of(kind, other).second
    pressed = click("U1", "C1", "ack", TS)
    again = click("U1", "C1", "ack", TS)
    again[1]["actions"][0]["action_ts"] = "1767225602.000000"
    assert act_of(*pressed).key != act_of(*again).key
    assert act_of(*pressed).second == act_of(*again).second != ""
    assert act_of(*command("U1", "ack", "1.1.a")).second == ""


def test_an_edit_that_adds_a_mention_is_not_the_message_it_edits() -> None:
    before = event(mention("U1", "C1", TS))
    after = event(mention("U1", "C1", TS) | {"edited": {"user": "U1", "ts": "1767225609.000000"}})
    assert key_of(*before) != key_of(*after)


def test_what_is_about_one_message_shares_a_lane_and_comes_in_slacks_order() -> None:
    about = [
        reaction("reaction_removed", "U2", "C1", "eyes", "1767225630.000000"),
        reaction("reaction_added", "U2", "C1", "eyes", "1767225620.000000"),
        deletion("C1", "1767225640.000000"),
        edit("U1", "C1", "1767225610.000000"),
        message("U1", "C1", TS),
        mention("U1", "C1", TS),
    ]
    made = [act_of(*event(inner)) for inner in about]
    assert {act.lane for act in made} == {f"C1:{TS}"}
    times = [act.happened.second for act in made if act.happened is not None]
    assert times == [30, 20, 40, 10, 0, 0]
    assert act_of(*event(message("U1", "C2", TS))).lane != f"C1:{TS}"
    gestures = [command("U1", "ack", "1.1.a"), click("U1", "C2", "ack", TS), closed("U1", "V1")]
    assert len({act_of(*one).lane for one in gestures}) == 1


def test_a_moment_without_its_dot_is_read_and_nonsense_is_none() -> None:
    def happened(ts: Any) -> datetime | None:
        return act_of(*event({"type": "app_mention", "channel": "C1", "event_ts": ts})).happened

    assert happened("1767225600000100") == datetime(2026, 1, 1, 0, 0, 0, 100, tzinfo=UTC)
    assert [happened(bad) for bad in ("", "soon", None, "nan", "-1", "9" * 40)] == [None] * 6


def test_a_press_is_the_same_button_and_value_and_forms_have_none() -> None:
    def pressed(**changes: Any) -> Body:
        body = click("U1", "C1", "ack", TS)[1]
        body["actions"][0] |= changes
        return body

    assert press_of(pressed()) == press_of(pressed(action_ts="1767225601.000000")) != ""
    assert press_of(pressed(value="a")) != press_of(pressed(value="b"))
    assert press_of(pressed(type="static_select")) == ""
    assert press_of(pressed() | {"container": {"type": "view", "view_id": "V1"}}) == ""
