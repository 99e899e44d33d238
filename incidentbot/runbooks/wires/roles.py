"""Two roles at AWS: one that reads and plans, one that writes for one plan and 15 minutes at most.

They come from a regional STS, never the global one, which stands in a single region. Clients that
read refuse in this process whatever is no read, so a slip cannot write even where no role is set.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from incidentbot import clock
from incidentbot.errors import Permanent, Temporary
from incidentbot.runbooks.contract import Request
from incidentbot.settings.aws import AwsSettings
from incidentbot.settings.values import is_private

READS = re.compile(r"(Get|List|Describe|Head)[A-Z]")
READER, WRITER = "incidentbot-reader", "incidentbot-{plan}"
TAG = "incidentbot-plan"
READS_FOR, WRITES_FOR = timedelta(hours=1), timedelta(minutes=15)
MARGIN = timedelta(minutes=2)  # before their end new ones are fetched; readers' far earlier,
EARLY = timedelta(minutes=20)  # so that an STS that is away for a while is not felt
AGAIN = timedelta(seconds=30)  # until it is asked again, while what we have is still good
SECONDS = 3
REFUSED = ("AccessDenied", "InvalidClientTokenId", "ValidationError", "MalformedPolicyDocument")


@dataclass(frozen=True, slots=True, repr=False)
class Pass:
    """Credentials for a while. `id` tells two passes apart and is no secret."""

    id: str
    secret: str
    token: str
    until: datetime

    @property
    def keys(self) -> dict[str, str]:
        """As a client of boto3 takes them."""
        return {
            "aws_access_key_id": self.id,
            "aws_secret_access_key": self.secret,
            "aws_session_token": self.token,
        }


class Roles:
    """Call it in a thread of boto3's. `session` makes the client of STS."""

    def __init__(self, settings: AwsSettings, session: Any) -> None:
        self._settings = settings
        self._session = session
        self._passes: dict[str, Pass] = {}
        self._not_before: dict[str, datetime] = {}
        self._asking: defaultdict[str, Lock] = defaultdict(Lock)  # one role keeps no other waiting

    def reader(self) -> Pass | None:
        """None where no role is set: then the process's own credentials are used."""
        role = self._settings.reader_role
        return self._pass(role, READER, READS_FOR, []) if role else None

    def writer(self, plan_id: str) -> Pass | None:
        """For one plan, named after it and tagged with it, so that CloudTrail shows which it was.

        Raises Permanent without a plan: nothing else may write.
        """
        role = self._settings.writer_role
        if role is None:
            return None
        if not plan_id:
            raise Permanent("the writer's role is given to a plan only, and no plan is named")
        tags = [{"Key": TAG, "Value": plan_id}]
        return self._pass(role, WRITER.format(plan=plan_id), WRITES_FOR, tags)

    def good(self) -> set[str]:
        """The ids of all passes that can still be used."""
        now = clock.now()
        return {one.id for one in list(self._passes.values()) if one.until > now}

    def _pass(self, role: str, name: str, lasts: timedelta, tags: list[dict[str, str]]) -> Pass:
        with self._asking[name]:
            known, now = self._passes.get(name), clock.now()
            margin = MARGIN if tags else EARLY
            if known is not None and now < max(known.until - margin, self._held_off(name, known)):
                return known
            try:
                self._passes[name] = self._assume(role, name, lasts, tags)
            except Temporary:
                if known is None or now >= known.until:
                    raise
                self._not_before[name] = now + AGAIN
            return self._passes[name]

    def _held_off(self, name: str, known: Pass) -> datetime:
        return min(known.until, self._not_before.get(name, datetime.min.replace(tzinfo=UTC)))

    def _assume(self, role: str, name: str, lasts: timedelta, tags: list[dict[str, str]]) -> Pass:
        wish: dict[str, Any] = {
            "RoleArn": role,
            "RoleSessionName": name,
            "DurationSeconds": int(lasts.total_seconds()),
        }
        if tags:
            wish["Tags"] = tags
        if self._settings.external_id:
            wish["ExternalId"] = self._settings.external_id
        client = self._sts()
        try:
            given = client.assume_role(**wish)["Credentials"]
        except (BotoCoreError, ClientError) as error:
            raise _why(role, self._settings.region or "", error) from error
        finally:
            client.close()
        return Pass(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"],
            given["Expiration"],
        )  # fmt: skip

    def _sts(self) -> Any:
        region = self._settings.region or ""
        url = self._settings.endpoint_url or sts_of(region, self._session)
        config = Config(
            connect_timeout=SECONDS,
            read_timeout=SECONDS,
            retries={"total_max_attempts": 2, "mode": "standard"},
            proxies={} if is_private(url) else None,
        )
        return self._session.client("sts", region_name=region, endpoint_url=url, config=config)


def sts_of(region: str, session: Any) -> str:
    """The STS of one region, whatever AWS_STS_REGIONAL_ENDPOINTS says."""
    china = session.get_partition_for_region(region) == "aws-cn"
    return f"https://sts.{region}.amazonaws.com" + (".cn" if china else "")


def only_reads(client: Any) -> None:
    """Make a client refuse, before anything is sent, every operation that is no read."""
    client.meta.events.register("before-call", _refuse_writes, unique_id="incidentbot-only-reads")


def _refuse_writes(model: Any, **_: Any) -> None:
    if READS.match(model.name) is None:
        service = model.service_model.service_name
        raise Permanent(f"{service} {model.name} is no read, and only a plan that runs may write")


def refuse_writes(request: Request) -> None:
    """The same for the other ways out: what goes out as a read must be one. Raises Permanent."""
    if request.service == "http" and request.operation not in ("GET", "HEAD"):
        raise Permanent(f"{request.operation} is no read, and only a plan that runs may write")
    if request.service == "haproxy":
        command = str(request.params.get("command", ""))
        if not command.startswith(("show ", "get ")):
            raise Permanent(f"{command!r} is no read, and only a plan that runs may write")


def keys_of(find: Callable[[], Pass | None]) -> tuple[str, dict[str, str]]:
    """(what tells these credentials apart, arguments for a client); nothing without a role."""
    found = find()
    return (found.id, found.keys) if found else ("", {})


def _why(role: str, region: str, error: BotoCoreError | ClientError) -> Temporary | Permanent:
    """Nothing of what was wanted has been sent yet, so it is never in doubt."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        words = f"STS in {region} does not give the role {role}: {code}"
        if code in REFUSED:
            return Permanent(f"{words}. Its trust policy must name us: incidentbot aws policy")
        return Temporary(words)
    return Temporary(f"STS in {region} could not be asked for the role {role} ({error})")
