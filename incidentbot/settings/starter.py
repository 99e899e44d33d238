"""The commented file that `incidentbot init` writes."""

from importlib.resources import files


def starter() -> str:
    """A complete example as YAML text, to be changed line by line."""
    return files("incidentbot.settings").joinpath("starter.yaml").read_text(encoding="utf-8")
