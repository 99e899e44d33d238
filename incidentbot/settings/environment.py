"""What comes from the environment: secrets, each also from a file, and the host's overrides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from incidentbot.settings.faults import Fault, shown
from incidentbot.settings.model import SlackAccess
from incidentbot.settings.secrets import Find
from incidentbot.settings.values import database_url, http_url

SOURCE = "environment"
DEFAULT_API_URL = "https://slack.com/api/"
MAX_SECRET_BYTES = 64 * 1024
_TOKEN_KINDS = {
    "xoxb-": "a bot token",
    "xapp-": "an app token",
    "xoxp-": "a user token",
    "xoxe": "a token that expires (token rotation is not supported)",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the environment adds to the file. Values that may be secret do not show in repr."""

    access: SlackAccess | None = None
    database: str | None = field(default=None, repr=False)
    port: int | None = None


def read_environment(
    env: Mapping[str, str], folder: Path, *, need_slack: bool
) -> tuple[Surroundings, list[Fault]]:
    """Read every variable there is. Slack's are not looked at unless they are needed."""
    reader = _Reader(env)
    access = reader.slack() if need_slack else None
    found = Surroundings(access, reader.database(folder), reader.port())
    return found, reader.faults


def secret_finder(env: Mapping[str, str]) -> Find:
    """Finds a secret that the file names, in its variable or in the file of NAME_FILE."""

    def find(name: str) -> tuple[SecretStr | None, str]:
        reader = _Reader(env)
        found = reader.secret(name)
        if reader.faults:
            return None, reader.faults[0].message
        return found, "" if found else "is not set in the environment"

    return find


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.faults: list[Fault] = []

    def slack(self) -> SlackAccess | None:
        before = len(self.faults)
        bot = self._token("SLACK_BOT_TOKEN", "xoxb-")
        app = self._token("SLACK_APP_TOKEN", "xapp-")
        signing = self.secret("SLACK_SIGNING_SECRET")
        url = self._api_url()
        if not bot and not self._is_set("SLACK_BOT_TOKEN"):
            self._refuse(
                "SLACK_BOT_TOKEN",
                "is not set: the bot token (xoxb-...) from the app's page, OAuth & Permissions",
                "SLACK_BOT_TOKEN, or SLACK_BOT_TOKEN_FILE with the path of a file",
            )
        if not self._is_set("SLACK_APP_TOKEN") and not self._is_set("SLACK_SIGNING_SECRET"):
            self._refuse(
                "SLACK_APP_TOKEN, SLACK_SIGNING_SECRET",
                "neither is set, so Slack cannot reach the bot",
                "SLACK_APP_TOKEN (xapp-..., for Socket Mode: no public address needed), or "
                "SLACK_SIGNING_SECRET (for HTTP: Slack calls web.public_url); each also as _FILE",
            )
        if bot is None or len(self.faults) > before:
            return None
        return SlackAccess(bot_token=bot, app_token=app, signing_secret=signing, api_url=url)

    def database(self, folder: Path) -> str | None:
        secret = self.secret("DATABASE_URL")
        if secret is None:
            return None
        try:
            return database_url(secret.get_secret_value(), folder, password=True)
        except PydanticCustomError as error:
            self._refuse_as("DATABASE_URL", error)
            return None

    def port(self) -> int | None:
        text = self._env.get("PORT", "")
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or int(text) > 65535:
            self._refuse("PORT", f"cannot be {shown(text)}", "a port, 0 to 65535")
            return None
        return int(text)

    def _api_url(self) -> str:
        url = self._env.get("SLACK_API_URL", "") or DEFAULT_API_URL
        try:
            return http_url(url).rstrip("/") + "/"
        except PydanticCustomError as error:
            self._refuse_as("SLACK_API_URL", error)
            return DEFAULT_API_URL

    def _token(self, name: str, prefix: str) -> SecretStr | None:
        secret = self.secret(name)
        if secret is None or secret.get_secret_value().startswith(prefix):
            return secret
        text = secret.get_secret_value()
        kind = next((what for start, what in _TOKEN_KINDS.items() if text.startswith(start)), "")
        found = f"holds {kind}" if kind else "does not look like one"
        self._refuse(name, f"must be {_TOKEN_KINDS[prefix]}; it {found}", f"{prefix}...")
        return None

    def secret(self, name: str) -> SecretStr | None:
        """The secret, from the variable itself or from the file that NAME_FILE names."""
        text, file = self._env.get(name, ""), self._env.get(f"{name}_FILE", "")
        if text and file:
            self._refuse(name, f"is set twice, also by {name}_FILE", "one of the two")
            return None
        if file:
            name = f"{name}_FILE"
            text = self._from_file(name, file)
        text = text.strip()
        if re.search(r"\s|[^\x21-\x7e]", text):
            self._refuse(name, "has spaces, line breaks or unusual characters within")
            return None
        return SecretStr(text) if text else None

    def _from_file(self, name: str, file: str) -> str:
        try:
            with Path(file).open("rb") as stream:
                content = stream.read(MAX_SECRET_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a usable path"
            self._refuse(name, f"names a file that cannot be read: {reason}")
            return ""
        text = content.decode("utf-8", errors="replace")
        if len(content) > MAX_SECRET_BYTES:
            self._refuse(name, "names a file that is too large to be a secret", "at most 64 KB")
            return ""
        if not text.strip():
            self._refuse(name, "names a file that is empty")
        return text

    def _is_set(self, name: str) -> bool:
        return bool(self._env.get(name) or self._env.get(f"{name}_FILE"))

    def _refuse_as(self, name: str, error: PydanticCustomError) -> None:
        context = error.context or {}
        self._refuse(name, str(context.get("message", "")), str(context.get("allowed", "")))

    def _refuse(self, name: str, message: str, allowed: str = "") -> None:
        self.faults.append(Fault(SOURCE, None, name, message, allowed))
