"""One YAML file and the environment -> frozen Settings, or every fault at once, with its line."""

from incidentbot.settings.assets import (
    AssetSettings,
    SwitchSettings,
    VerifySettings,
)
from incidentbot.settings.base import SettingsModel, WebTarget
from incidentbot.settings.faults import Fault, render
from incidentbot.settings.hooks import HookMatch, HookOptions, HookSettings, Weight
from incidentbot.settings.load import check, load
from incidentbot.settings.model import (
    CheckSettings,
    ConfirmSettings,
    DependencySettings,
    FeedSettings,
    RecoverSettings,
    Settings,
    SlackAccess,
    StorageSettings,
    WebhookSettings,
    WebSettings,
)
from incidentbot.settings.options import Known
from incidentbot.settings.origins import OriginSettings, ReadinessSettings
from incidentbot.settings.paging import (
    AskSettings,
    LevelSettings,
    NamedPolicy,
    PagingSettings,
    PolicySettings,
)
from incidentbot.settings.people import PersonSettings
from incidentbot.settings.policy import GuardPolicy
from incidentbot.settings.schema import json_schema
from incidentbot.settings.slack import SlackSettings
from incidentbot.settings.starter import starter
from incidentbot.settings.table import keys_table, markdown_table
from incidentbot.settings.validate import validate
from incidentbot.settings.values import (
    Bucket,
    Count,
    Duration,
    Flag,
    HttpUrl,
    Matching,
    Name,
    Region,
    Text,
    format_duration,
    parse_duration,
    refuse,
)
from incidentbot.settings.vendors import VendorFeed, VendorSettings

__all__ = [
    "AskSettings",
    "AssetSettings",
    "Bucket",
    "CheckSettings",
    "ConfirmSettings",
    "Count",
    "DependencySettings",
    "Duration",
    "Fault",
    "FeedSettings",
    "Flag",
    "GuardPolicy",
    "HookMatch",
    "HookOptions",
    "HookSettings",
    "HttpUrl",
    "Known",
    "LevelSettings",
    "Matching",
    "Name",
    "NamedPolicy",
    "OriginSettings",
    "PagingSettings",
    "PersonSettings",
    "PolicySettings",
    "ReadinessSettings",
    "RecoverSettings",
    "Region",
    "Settings",
    "SettingsModel",
    "SlackAccess",
    "SlackSettings",
    "StorageSettings",
    "SwitchSettings",
    "Text",
    "VendorFeed",
    "VendorSettings",
    "VerifySettings",
    "WebSettings",
    "WebTarget",
    "WebhookSettings",
    "Weight",
    "check",
    "format_duration",
    "json_schema",
    "keys_table",
    "load",
    "markdown_table",
    "parse_duration",
    "refuse",
    "render",
    "starter",
    "validate",
]
