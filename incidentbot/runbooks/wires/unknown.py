"""What an answer in XML holds that our models of AWS do not know.

botocore leaves out what it does not know. Where an answer is read to be sent back whole, that would
reset it: so the answer carries the paths of what was left out, and the action refuses.
"""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from botocore.model import Shape
from defusedxml.ElementTree import ParseError, fromstring

UNKNOWN = "UnknownFields"  # a key of the answer; only there when there are some
READ_TO_SEND_BACK = (
    "cloudfront.GetDistributionConfig",
    "route-53.ListResourceRecordSets",
)


def watch(client: Any) -> None:
    """From now on the answers of this client that are sent back name what was left out."""
    for name in READ_TO_SEND_BACK:
        client.meta.events.register(f"before-parse.{name}", _look)


def _look(
    operation_model: Any, response_dict: Any, customized_response_dict: Any, **_: Any
) -> None:
    if response_dict["status_code"] >= 300:
        return
    shape = operation_model.output_shape
    payload = shape.serialization.get("payload")
    try:
        root = fromstring(response_dict["body"])
    except ParseError:
        return  # the parser says so itself
    found = list(unknown(root, shape.members[payload] if payload else shape))
    if found:
        customized_response_dict[UNKNOWN] = found


def unknown(node: Element, shape: Shape, path: str = "") -> Iterator[str]:
    """Paths of elements below `node` that `shape` has no place for."""
    if shape.type_name == "structure":
        known = {m.serialization.get("name", n): m for n, m in shape.members.items()}  # type: ignore[attr-defined]
        for child in node:
            name = _plain(child)
            inner = f"{path}.{name}" if path else name
            if name in known:
                yield from unknown(child, known[name], inner)
            else:
                yield inner
    elif shape.type_name == "list":
        for number, child in enumerate(node):
            yield from unknown(child, shape.member, f"{path}.{number}")  # type: ignore[attr-defined]


def _plain(node: Element) -> str:
    """Its name without the namespace."""
    return str(node.tag).rpartition("}")[2]
