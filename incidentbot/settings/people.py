"""The section `people`: one person under the names that each system knows them by."""

from __future__ import annotations

from pydantic import Field

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.values import Person, Text


class PersonSettings(SettingsModel):
    """Somebody. `name` is what people read."""

    name: Text = Field(description="What people read; rotas and lists may use it too.")
    slack: Person | None = Field(None, description="User name or id in Slack.")
    os_user: Text | None = Field(None, description="Who they are on this machine, for commands.")
