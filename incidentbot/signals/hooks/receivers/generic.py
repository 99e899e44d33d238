"""Any other sender of JSON or a form: the configuration says where key, state and words stand."""

from pydantic import Field

from incidentbot.settings.values import Text
from incidentbot.signals.hooks.contract import Body, Feed, Shape, Signal, mute, shaped, words
from incidentbot.signals.hooks.proof import UrlSecretOptions
from incidentbot.signals.hooks.proof import by_secret as authenticate

__all__ = ["Options", "authenticate", "parse", "parse_as", "recognises"]

HOW = "a path such as `alert.id` or `/alerts/0/id`"


class Options(UrlSecretOptions):
    """Where things stand in the body."""

    key: tuple[Text, ...] = Field(
        min_length=1,
        description=f"What an alert is known by, firing and resolved alike: {HOW}, or several.",
    )
    state: Text = Field(description="Path of the word for its state.")
    firing: tuple[Text, ...] = Field(
        min_length=1, description="Words that say that something is wrong."
    )
    resolved: tuple[Text, ...] = Field(min_length=1, description="Words that say that it is over.")
    items: Text | None = Field(
        None, description="Path of the list of alerts, where a body holds several."
    )
    title: Text | None = Field(None, description="Path of what people read.")
    service: Text | None = Field(None, description="Path of the service's name.")
    region: Text | None = Field(None, description="Path of the region.")
    severity: Text | None = Field(
        None, description="Path of the severity; `critical`, `down` and the like are the worst."
    )
    link: Text | None = Field(None, description="Path of a link to it.")
    started_at: Text | None = Field(None, description="Path of when it began.")
    labels: dict[Text, Text] = Field({}, description="Further paths, by the label they become.")


def recognises(_body: Body) -> bool:
    """Nothing is surely its own."""
    return False


def parse(_body: Body, feed: Feed) -> list[Signal]:
    return mute(feed, "a generic body is read by the mapping in the configuration")


def parse_as(body: Body, feed: Feed, options: Options) -> list[Signal]:
    """By the mapping of this hook."""
    return shaped(body, feed, _shape(options))


def _shape(options: Options) -> Shape:
    def paths(*given: str | None) -> tuple[str, ...]:
        return tuple(path for path in given if path is not None)

    return Shape(
        key=options.key,
        state=paths(options.state),
        firing=words(*options.firing),
        resolved=words(*options.resolved),
        items=options.items or "",
        title=paths(options.title),
        service=paths(options.service),
        region=paths(options.region),
        severity=paths(options.severity),
        link=paths(options.link),
        started_at=paths(options.started_at),
        labels=options.labels,
    )
