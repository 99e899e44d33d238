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
            words = f"{side.name} is a store that does not have this"
            return lambda made, words=words: made("not_applicable", words)
        if fact.refused:
            words = f"{side.name}: {fact.refused}"
            return lambda made, words=words: made("unknown", words)
    return None
