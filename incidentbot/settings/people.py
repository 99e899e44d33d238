"""The section `people`: one person under the names that each system knows them by."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.values import Matching, Person, Text

Email = Annotated[
    str, Matching(r"[^\s@]+@[^\s@]+\.[^\s@]+", "an e-mail address", "jonas@acme-shop.com")
]
Phone = Annotated[
    str,
    Matching(r"\+?[0-9][0-9 ()/.-]{3,29}", "a phone number", 'in quotes, such as "+49 30 901820"'),
]


class PersonSettings(SettingsModel):
    """Somebody. `name` is what people read, and what rotas and lists may say."""

    name: Text = Field(description="What people read; rotas and lists may use it too.")
    slack: Person | None = Field(None, description="User name or id in Slack.")
    email: Email | None = Field(
        None, description="Address by which PagerDuty, Opsgenie and Slack know them."
    )
    phone: Phone | None = Field(None, description="Number that is shown when paging fails.")
    os_user: Text | None = Field(None, description="Who they are on this machine, for commands.")
    also: tuple[Text, ...] = Field(
        (), description="Other accounts of theirs (ids or names in Slack, users): one person."
    )
    pagerduty: Text | None = Field(None, description="Their id in PagerDuty, such as PABC123.")
    opsgenie: Text | None = Field(None, description="Their user name in Opsgenie.")
