"""The configuration as frozen models: one class per section, every key described."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretStr,
    SerializeAsAny,
    model_validator,
)

from incidentbot.settings.assets import AssetSettings
from incidentbot.settings.audit import AuditSettings
from incidentbot.settings.aws import AwsSettings
from incidentbot.settings.base import SettingsModel, WebTarget
from incidentbot.settings.hooks import HookSettings
from incidentbot.settings.origins import OriginSettings
from incidentbot.settings.paging import PagingSettings
from incidentbot.settings.people import PersonSettings
from incidentbot.settings.policy import GuardPolicy
from incidentbot.settings.secrets import Secret
from incidentbot.settings.slack import SlackSettings
from incidentbot.settings.telling import StatusPageSettings
from incidentbot.settings.values import (
    Count,
    DatabaseUrl,
    Duration,
    FilePath,
    Flag,
    HttpUrl,
    Listen,
    Name,
    Region,
    Severity,
    Text,
    refuse,
)
from incidentbot.settings.vendors import VendorSettings
from incidentbot.settings.watching import (
    FlappingSettings,
    SeverityRule,
    SightSettings,
    WindowSettings,
)


class StorageSettings(SettingsModel):
    database: DatabaseUrl = Field(
        SecretStr("sqlite:///incidentbot.db"),
        validate_default=True,
        json_schema_extra={"default": "sqlite:///incidentbot.db"},
        description="SQLite file or PostgreSQL database. `DATABASE_URL` wins over it.",
    )
    documents: FilePath = Field(
        Path("documents"), validate_default=True, description="Folder for postmortems."
    )


def _without_slash(url: str) -> str:
    return url.rstrip("/")


class WebSettings(SettingsModel):
    listen: Listen = Field(
        "127.0.0.1:8080", description="Host and port to listen on. `PORT` wins over the port."
    )
    public_url: Annotated[HttpUrl, AfterValidator(_without_slash)] = Field(
        "http://127.0.0.1:8080", description="Where people reach the bot; used in links."
    )

    @property
    def host(self) -> str:
        return urlsplit(f"//{self.listen}").hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(f"//{self.listen}").port or 0


class FeedSettings(WebTarget):
    """A status page to fetch, or, with a `source`, an API to ask. `url` is empty then."""

    url: HttpUrl = Field("", description="Address to fetch; left out where a source is named.")
    source: Name | None = Field(None, description="API to ask instead of fetching an address.")
    name: Name = Field(description="Name that dependencies refer to.")
    vendor: Name = Field(description="Whose status page this is.")
    format: Name | None = Field(
        None, description="How the page is written; left out, its body shows it."
    )
    every: Duration = Field(timedelta(seconds=60), description="Time between two polls.")
    services: tuple[Name, ...] = Field((), description="With a source: ask about these only.")
    regions: tuple[Region, ...] = Field((), description="With a source: ask about these only.")
    endpoint_url: HttpUrl | None = Field(
        None, description="With a source: another address of its API."
    )

    @model_validator(mode="after")
    def _one_place_to_read(self) -> Self:
        if not self.url and self.source is None:
            refuse("is missing", "an address, or `source` with the name of an API", at="url")
        if self.url and self.source is not None:
            refuse("is given beside a source; the source needs no address", at="url")
        for key in ("services", "regions", "endpoint_url"):
            if self.source is None and getattr(self, key):
                refuse("belongs to a `source`, and none is named", at=key)
        return self


class ConfirmSettings(SettingsModel):
    failures: Count = Field(3, description="Failures in a row before a check counts as failed.")
    apart: Duration = Field(
        timedelta(seconds=2), description="Time between the quick re-checks after a first failure."
    )


class RecoverSettings(SettingsModel):
    successes: Count = Field(3, description="Successes in a row before a check counts as well.")


class CheckSettings(SettingsModel):
    """One probe. `options` is the checked model of the plug-in that `kind` names."""

    name: Name = Field(description="Name within the dependency.")
    kind: Name = Field(description="What kind of check it is; decides the other keys.")
    users_path: Flag = Field(
        False, description="Whether it takes the way users take (and not only the vendor's API)."
    )
    options: SerializeAsAny[BaseModel]


class DependencySettings(SettingsModel):
    name: Name = Field(description="Name that assets refer to.")
    title: Text = Field(description="What people call it.")
    vendor: Name = Field(description="Who runs it.")
    service: Name = Field(description="The vendor's service.")
    region: Region | None = Field(None, description="Its region; left out for a global service.")
    severity: Severity = Field(3, description="Severity of an incident: 1 (worst) to 5.")
    every: Duration = Field(timedelta(seconds=10), description="Time between two checks.")
    confirm: ConfirmSettings = Field(ConfirmSettings(), description="When a failure is believed.")
    recover: RecoverSettings = Field(RecoverSettings(), description="When a recovery is believed.")
    flapping: FlappingSettings = Field(
        FlappingSettings(), description="When a check that comes and goes counts as failing."
    )
    quorum: Count | None = Field(
        None, description="Checks that must have failed; left out: half of them, rounded up."
    )
    feeds: tuple[Name, ...] = Field(
        (),
        description="Feeds in which the vendor speaks about it; left out: those of the catalogue.",
    )
    checks: tuple[CheckSettings, ...] = Field((), description="What is probed.")
    hangs_on: tuple[Name, ...] = Field(
        (), description="Dependencies whose failure explains this one's: one incident for both."
    )
    feed_alone: Literal["heads_up", "incident", "ignore"] = Field(
        "heads_up", description="What trouble does that only the vendor's feed reports."
    )
    vendor_maintenance: Literal["open", "hold"] = Field(
        "open", description="What a failure does while the vendor says it is maintaining it."
    )
    severity_rules: tuple[SeverityRule, ...] = Field(
        (), description="What makes an incident worse than `severity`."
    )
    close_itself: Flag = Field(
        True, description="Whether an incident closes itself that was over before anyone acted."
    )
    close_after: Duration = Field(
        timedelta(minutes=10), description="How long it must have been well by then."
    )
    paging: Name | None = Field(
        None, description="Policy of `paging.policies` that asks for it; left out: `paging` itself."
    )

    @model_validator(mode="after")
    def _quorum_can_be_met(self) -> Self:
        if self.quorum is not None and self.quorum > len(self.checks):
            many = len(self.checks)
            refuse("asks for more checks than there are", f"1 to {many}", at="quorum")
        return self

    @property
    def follows_catalogue(self) -> bool:
        """Whether the file left `feeds` out; an empty list means that there are none."""
        return "feeds" not in self.model_fields_set

    @property
    def checks_needed(self) -> int:
        """How many checks must have failed before the dependency counts as down."""
        return self.quorum or max(1, (len(self.checks) + 1) // 2)


class WebhookSettings(WebTarget):
    """Another system that wants to follow, told by POST."""

    name: Name = Field(description="Name in the log and in /healthz.")
    secret: Secret | None = Field(
        None, description="Signs what is sent: the environment variable that holds the secret."
    )
    on: tuple[Literal["check", "dependency", "incident"], ...] = Field(
        ("check", "incident"), min_length=1, description="What it is told about."
    )
    timeout: Duration = Field(
        timedelta(seconds=10), description="Longest wait for its answer; then it is told again."
    )


class ConfigFile(SettingsModel):
    """Incidentbot's configuration file."""

    name: Text = Field(description="What people call the site.")
    slack: SlackSettings | None = Field(
        None, description="Channels and people; `incidentbot watch` needs none."
    )
    storage: StorageSettings = Field(
        default_factory=StorageSettings, description="Where things are kept."
    )
    web: WebSettings = Field(WebSettings(), description="The bot's own web side.")
    sight: SightSettings = Field(
        SightSettings(), description="How the bot tells that it is not offline itself."
    )
    maintenance: tuple[WindowSettings, ...] = Field(
        (), description="Planned times in which failures open no incident."
    )
    runbooks: FilePath = Field(
        Path("runbooks"), validate_default=True, description="Folder of the runbooks."
    )
    policy: GuardPolicy = Field(
        GuardPolicy(), description="What every runbook keeps to; its file may only be stricter."
    )
    feeds: tuple[FeedSettings, ...] = Field((), description="Status pages of vendors.")
    vendors: tuple[VendorSettings, ...] = Field(
        (), description="Vendors beside those of the catalogue, or changes to one of them."
    )
    origins: tuple[OriginSettings, ...] = Field((), description="Buckets assets come from.")
    dependencies: tuple[DependencySettings, ...] = Field(
        (), description="What the site hangs on and does not run."
    )
    assets: tuple[AssetSettings, ...] = Field(
        (), description="What can be served from a second place."
    )
    webhooks: tuple[WebhookSettings, ...] = Field(
        (), description="Other systems that follow checks and incidents."
    )
    hooks: tuple[HookSettings, ...] = Field((), description="Monitors that push their alerts.")
    people: tuple[PersonSettings, ...] = Field(
        (), description="People under the names that other systems know them by."
    )
    paging: PagingSettings = Field(
        PagingSettings(), description="Who is asked to take an incident, and who next."
    )
    statuspages: tuple[StatusPageSettings, ...] = Field(
        (), description="Public status pages that are written to once two people agree."
    )

    audit: AuditSettings = Field(
        AuditSettings(), description="Where heads of the audit log are anchored outside."
    )
    aws: AwsSettings = Field(AwsSettings(), description="Roles of the runbooks in AWS.")

    @property
    def has_slack(self) -> bool:
        return self.slack is not None

    @model_validator(mode="after")
    def _somebody_is_asked(self) -> Self:
        every = (self.paging, *self.paging.policies)
        if self.slack and not self.slack.oncall and not all(policy.first for policy in every):
            refuse("names nobody to ask; give oncall here, or `paging.first`", at="slack")
        return self

    @model_validator(mode="before")
    @classmethod
    def _storage_has_a_folder(cls, data: object) -> object:
        """A section that is left out is read like an empty one, so that its paths start at the
        folder of the file too, and not at wherever the process happens to be started."""
        if isinstance(data, dict) and "storage" not in data:
            return {**data, "storage": {}}
        return data


class SlackAccess(SettingsModel):
    """The way into Slack, from the environment. Tokens never show in text."""

    bot_token: SecretStr
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    api_url: str = "https://slack.com/api/"

    @property
    def mode(self) -> Literal["socket", "http"]:
        """Socket Mode where there is an app token, else requests signed by Slack."""
        return "socket" if self.app_token is not None else "http"


class Settings(ConfigFile):
    """The file and the environment together.

    Without Slack, when it was not asked for, `access` is None and nothing may touch `slack`.
    """

    slack: SlackSettings
    source: Path
    access: SlackAccess | None = None
