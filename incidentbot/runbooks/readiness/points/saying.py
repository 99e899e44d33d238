"""How the judges of the points speak."""

from collections.abc import Callable
from functools import partial
from typing import Literal

from incidentbot.runbooks.readiness.look import Point
from incidentbot.runbooks.readiness.points.facts import Bucket, Facts

Made = Callable[..., Point]


def about(number: int, title: str) -> Made:
    """-> (result, evidence, hard=False) -> Point"""
    return partial(Point, number, title)


def fine(made: Made, words: str) -> Point:
    return made("ready", words)


def sides(facts: Facts) -> tuple[Bucket, Bucket]:
    return facts.backup, facts.primary


def not_s3(facts: Facts) -> bool:
    return facts.backup.kind != "s3" or facts.primary.kind != "s3"


def unknown(
    facts: Facts, name: str, which: Literal["both", "backup"] = "both"
) -> Callable[[Made], Point] | None:
    """The verdict when a fact could not be read; None when it could."""
    for side in (facts.backup,) if which == "backup" else sides(facts):
        fact = side.fact(name)
        if fact.foreign:
            return partial(_say, "not_applicable", f"{side.name} is a store that has no such thing")
        if fact.refused:
            return partial(_say, "unknown", f"{side.name}: {fact.refused}")
    return None


def _say(result: str, evidence: str, made: Made) -> Point:
    return made(result, evidence)
