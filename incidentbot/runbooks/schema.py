"""The runbook file as JSON Schema, for editors: with the actions there are and their arguments."""

from typing import Any

from incidentbot.runbooks.form import RunbookFile
from incidentbot.runbooks.load import Actions
from incidentbot.settings.schema import tidy

Node = dict[str, Any]
NOTHING: Node = {"not": {}}  # what no value is
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(actions: Actions) -> Node:
    """JSON Schema (2020-12) of one runbook. What the steps must be together, and what the policy
    allows, `runbook check` tells."""
    schema = RunbookFile.model_json_schema(by_alias=True)
    defs: dict[str, Node] = schema["$defs"]
    arguments = {name: _arguments(defs, name, module) for name, module in sorted(actions.items())}
    for node in (schema, defs["StepFile"]):
        node["properties"]["action"] = {
            "enum": sorted(actions),
            "description": node["properties"]["action"]["description"],
        }
        node["allOf"] = [
            _when(name, theirs, bool(getattr(actions[name], "PARTS", False)))
            for name, theirs in arguments.items()
        ]
    for definition in (schema, *defs.values()):
        definition.pop("description", None)  # a docstring is for programmers
    tidy(schema)
    return {"$schema": _DIALECT, **schema, "title": "Runbook"}


def _arguments(defs: dict[str, Node], name: str, module: Any) -> Node | None:
    """What stands under `with`; None for an action that takes nothing."""
    model = getattr(module, "Arguments", None)
    if model is None:
        return None
    found: Node = model.model_json_schema(
        by_alias=True, ref_template=f"#/$defs/with.{name}.{{model}}"
    )
    for inner, node in found.pop("$defs", {}).items():
        defs[f"with.{name}.{inner}"] = node
    found.pop("description", None)
    return found


def _when(action: str, arguments: Node | None, parts: bool) -> Node:
    """What holds for a step of this action."""
    then: Node = {"with": arguments if arguments is not None else NOTHING}
    then |= {} if parts else {"stages": NOTHING}
    then |= {"switch": NOTHING} if arguments is not None else {}
    needs = ["with"] if arguments is not None and arguments.get("required") else []
    return {
        "if": {"properties": {"action": {"const": action}}, "required": ["action"]},
        "then": {"properties": then} | ({"required": needs} if needs else {}),
    }
