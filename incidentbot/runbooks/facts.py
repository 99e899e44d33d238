"""Gather what the guards must know, from our own tables and from the one live read of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from incidentbot import plugins
from incidentbot.detection import windows
from incidentbot.incidents.health import health_of_origin
from incidentbot.runbooks import approve, diff, inventory, policy, rates, stopping
from incidentbot.runbooks.contract import Live
from incidentbot.runbooks.guard import Facts
from incidentbot.runbooks.load import ACTIONS, Runbook
from incidentbot.runbooks.rates import Lately
from incidentbot.runbooks.rules.facts import MANUAL, SWITCH, WRITE, Around, Kind, Write
from incidentbot.runbooks.steps import ManualStep, Step, Target, WriteStep
from incidentbot.settings import AssetSettings, Settings, SwitchSettings
from incidentbot.store.models import Plan, Readiness

NO_TIME = timedelta(0)
STRANGER = "somebody else: "


@dataclass(frozen=True, slots=True)
class Asked:
    """For what, by whom. `besides` is the plan that asks."""

    book: Runbook
    target: Target
    kind: Kind
    besides: Plan | None
    person: str | None
    lately: Sequence[Lately]  # what runs, and what wrote within the window

    @property
    def asset(self) -> str:
        """Its name; empty for a plan that is about none."""
        return self.target.asset.name if self.target.asset else ""

    @property
    def others(self) -> list[Lately]:
        """The other plans that turn a switch."""
        me = self.besides.id if self.besides else None
        return [one for one in self.lately if one.turns and one.id != me]

    @property
    def in_the_way(self) -> tuple[str, ...]:
        """States in which another plan is one. Of two approved ones the first to start goes."""
        return rates.BUSY if self.besides is None else rates.STARTED


def gather(
    session: Session,
    settings: Settings,
    book: Runbook,
    target: Target,
    now: datetime,
    *,
    steps: Sequence[Step] = (),
    besides: str | None = None,
    person: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Facts:
    """Without `steps` these are the facts of an offer: what is written down.

    `besides` names the plan that is asking, which must not stand in its own way; of two approved
    plans it is then the lock that lets one through. `person`: who asks for it; left out, whoever
    asked for `besides`. `tags`: what was read of the target, where the policy wants a tag.
    """
    plan = session.get(Plan, besides) if besides else None
    limits = policy.effective(settings.policy, book.file.risk, book.file)
    first = next((step for step in steps if isinstance(step, WriteStep) and step.switch), None)
    asked = Asked(
        book=book,
        target=target,
        kind=kind_of(book),
        besides=plan,
        person=person or (plan.created_by if plan else None),
        lately=rates.lately(session, now - limits.window),
    )
    return Facts(
        **_place(session, settings, asked, now),
        now=now,
        live_value=first.before.value if first else None,
        live_origin=_origin(_switch_of(target, first), first.before) if first else None,
        kind=asked.kind,
        writes=tuple(_write(target, step) for step in steps if _writes(step)),
        likely=_likely(asked),
        limits=limits,
        around=_around(session, settings, asked, now),
        expires_at=plan.expires_at if plan else None,
        approvals=_approvals(plan),
        over=approve.incident_over(session, plan.incident_id) if plan else None,
        tag=_tag(settings),
        tagged=_tagged(settings, tags),
        looked=bool(steps),
        drill=_drill(settings, asked.asset),
    )


def kind_of(book: Runbook) -> Kind:
    """Whether it turns a switch, writes something else, or writes nothing at all."""
    if book.kinds:
        return SWITCH
    return WRITE if any(step.action for step in book.file.every_step) else MANUAL


def _place(session: Session, settings: Settings, asked: Asked, now: datetime) -> dict[str, Any]:
    """Where traffic is, where it would go, and how both are; empty for what is no switch."""
    asset = asked.target.asset
    if asset is None or asked.kind != SWITCH:
        return _nowhere() | _primary(session, settings, asked, now)
    to, source = asked.book.destination(asset), asked.book.source(asset)
    health = {name: health_of_origin(session, settings, name, now) for name in (to, source)}
    ready = {name: session.get(Readiness, (asset.name, name)) for name in (to, source)}
    row = ready[to]
    dependency = next((d for d in settings.dependencies if d.name == asset.dependency), None)
    switches = inventory.written(session, asset)
    return {
        "to": to,
        "source": source,
        "to_backup": asked.book.file.to == "backup",
        "serving": inventory.serving(session, asset),
        "source_state": health[source][0],
        "source_since": health[source][1],
        "to_state": health[to][0],
        "to_since": health[to][1],
        "healthy_for": asset.healthy_for,
        "readiness_state": row.state if row else "unknown",
        "readiness_words": row.reason if row else "it was never looked at",
        "proven_at": row.proven_at if row else None,
        "checked_at": row.checked_at if row else None,
        "max_age": asset.readiness.max_age,
        "plane_region": _region(asked, asset, dependency.region if dependency else None),
        "failing_region": dependency.region if dependency else None,
        "running": _running(asked),
        "same_before": next((at for done, at in switches if done == to), None),
        "opposite_before": next((at for done, at in switches if done == source), None),
        "healthy": {name: _proof(health[name][0], ready[name], now) for name in (to, source)},
    }


def _nowhere() -> dict[str, Any]:
    """The same for a plan that turns no switch: there is no place that it is about."""
    return {
        "to": "", "source": "", "to_backup": False, "serving": "",
        "source_state": "unknown", "source_since": None, "to_state": "unknown", "to_since": None,
        "healthy_for": NO_TIME, "readiness_state": "unknown", "readiness_words": "",
        "proven_at": None, "checked_at": None, "max_age": NO_TIME,
        "plane_region": "",
        "failing_region": None, "running": None, "same_before": None,
    }  # fmt: skip


def _primary(session: Session, settings: Settings, asked: Asked, now: datetime) -> dict[str, Any]:
    """How the primary is, for what is done while it is well and turns no switch."""
    asset = asked.target.asset
    if asset is None or asked.book.file.when != "primary_healthy":
        return {}
    state, since = health_of_origin(session, settings, asset.primary, now)
    return {"source": asset.primary, "source_state": state, "source_since": since}


def _proof(state: str, ready: Readiness | None, now: datetime) -> datetime | None:
    """When an origin was last proven healthy: by our own probes, or by objects fetched from it.
    One that fails by our probes is not, whatever was fetched before."""
    if state == "up":
        return now
    if state == "unknown" and ready is not None and ready.state == "ready":
        return ready.checked_at
    return None


def _around(session: Session, settings: Settings, asked: Asked, now: datetime) -> Around:
    me = asked.besides.id if asked.besides else None
    mine = _drill(settings, asked.asset)

    def counts(asset: str) -> bool:
        """What is there to practise on and the real thing do not count together."""
        return _drill(settings, asset) == mine

    others = [one for one in asked.others if counts(one.asset)]
    counted = [one for one in others if one.state in asked.in_the_way or one.wrote_at is not None]
    freeze, blocks = frozen(settings, asked.target.asset, now)
    person = asked.person
    return Around(
        written=frozenset(target for one in counted for target in one.targets),
        inventory=sum(len(a.ways) for a in settings.assets if a.drill == mine) or 1,
        running=tuple(one.id for one in others if one.state in asked.in_the_way),
        by_person=rates.by_person(session, now, person, me, counts) if person else 0,
        by_runbook=rates.by_runbook(session, now, asked.book.name, me, counts),
        writes=rates.writes(session, now),
        freeze=freeze,
        freeze_blocks=blocks,
        stopped=stopping.stopped(session, settings),
        drilled_at=rates.drilled_at(session, settings, asked.book.name),
    )


def frozen(settings: Settings, asset: AssetSettings | None, now: datetime) -> tuple[str, bool]:
    """(the freeze that is on now, in words, whether it blocks); one that blocks goes first."""
    dependency = asset.dependency if asset else ""
    for effect in ("block", "extra_approver"):
        some = [one for one in settings.policy.freezes if one.effect == effect]
        found = windows.covering(some, dependency, now)
        if found:
            return found, effect == "block"
    return "", False


def _likely(asked: Asked) -> frozenset[str]:
    """What an offer would write to: what was written for this asset lately, else some one thing."""
    known = [one for one in asked.lately if one.asset == asked.asset and one.turns]
    return known[-1].targets if known else frozenset({asked.target.name})


def _running(asked: Asked) -> str | None:
    mine = (one for one in asked.others if one.asset == asked.asset)
    return next((one.id for one in mine if one.state in asked.in_the_way), None)


def _write(target: Target, step: Step) -> Write:
    assert isinstance(step, WriteStep)
    switch, after = _switch_of(target, step), step.planned.after
    changed = diff.fields(step.before.document, after.document)
    return Write(
        number=step.number,
        target=step.planned.target,
        requests=len(step.planned.requests),
        fields=tuple(path for path, _, _ in changed),
        may_change=tuple(step.may_change),
        before=_shares(switch, step.before) if switch else {},
        after=_shares(switch, after) if switch else {},
        parts=step.parts,
        turns=switch is not None,
        region=step.plane.region,
    )


def _switch_of(target: Target, step: WriteStep) -> SwitchSettings | None:
    """The switch of the asset that this step turns; None when it turns none."""
    if target.asset is None:
        return None
    return next((way for way in target.asset.ways if way.called == step.switch), None)


def _shares(switch: SwitchSettings, live: Live) -> dict[str, int]:
    """Percent by origin; a value that belongs to none stands under itself."""
    names = {value: name for name, value in switch.values.items()}
    found: dict[str, int] = {}
    for value, share in live.serving.items():
        name = names.get(value, f"{STRANGER}{value}")
        found[name] = found.get(name, 0) + share
    return found


def _origin(switch: SwitchSettings | None, live: Live) -> str | None:
    """The origin that serves alone; None for a share or a stranger's value."""
    if switch is None:
        return None
    serving = [name for name, share in _shares(switch, live).items() if share > 0]
    return serving[0] if len(serving) == 1 and serving[0] in switch.values else None


def _region(asked: Asked, asset: AssetSettings, failing: str | None) -> str:
    """The region that its call goes through; of several the one that fails."""
    ways = [asked.target.switch] if asked.target.switch else asset.ways
    regions = [
        plugins.get(ACTIONS, way.kind).plane(way.options).region
        for way in ways
        if way.kind in asked.book.kinds
    ]
    return str(failing if failing in regions else next(iter(regions), ""))


def _writes(step: Step) -> bool:
    return not isinstance(step, ManualStep)


def _drill(settings: Settings, asset: str) -> bool:
    """Whether it is there to practise on."""
    return any(one.name == asset and one.drill for one in settings.assets)


def _approvals(plan: Plan | None) -> int | None:
    found = approve.shown(plan).get("approvals") if plan else None
    return found if isinstance(found, int) else None


def _tag(settings: Settings) -> str:
    tag = settings.policy.tag
    return f"{tag.key}={tag.value}" if tag else ""


def _tagged(settings: Settings, tags: Mapping[str, str] | None) -> bool | None:
    tag = settings.policy.tag
    return None if tag is None or tags is None else tags.get(tag.key) == tag.value
