"""AppConfig as far as deployments of hosted versions go: one at a time, in steps, taken back."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contracts.doubles.faults import Asked, Double, Refusal, Reply

UNDER_WAY = {"DEPLOYING", "BAKING", "ROLLING_BACK"}
REVERT_WITHIN = timedelta(hours=72)
APPLICATION, ENVIRONMENT, PROFILE, OTHER_PROFILE = "app1234", "env1234", "pro1234", "pro5678"
STRATEGY = "AppConfig.AllAtOnce"
ARN = "arn:aws:appconfig:us-west-2:123456789012:application/" + APPLICATION
# Method and number of parts after /applications/A/, with the word that decides.
ROUTES = {
    ("GET", "configurationprofiles", 3): "ListHostedConfigurationVersions",
    ("GET", "configurationprofiles", 4): "GetHostedConfigurationVersion",
    ("GET", "environments", 3): "ListDeployments",
    ("GET", "environments", 4): "GetDeployment",
    ("POST", "environments", 3): "StartDeployment",
    ("DELETE", "environments", 4): "StopDeployment",
}


@dataclass
class Deployment:
    number: int
    profile: str
    version: int
    description: str
    state: str = "DEPLOYING"
    polls: int = 0  # polls until it goes on
    completed: datetime | None = None
    log: list[dict[str, Any]] = field(default_factory=list)  # newest first

    def tell(self, kind: str, by: str, words: str) -> None:
        self.log.insert(0, {"EventType": kind, "TriggeredBy": by, "Description": words})

    @property
    def percent(self) -> float:
        return {"COMPLETE": 100.0, "BAKING": 100.0, "DEPLOYING": 25.0}.get(self.state, 0.0)


class AppConfig(Double):
    """One application with one environment and two profiles. `polls` and `bake`: looks at a
    deployment for which it stays DEPLOYING, and then BAKING."""

    words: Mapping[str, tuple[int, str]] = {
        "503": (503, "ServiceUnavailable"),
        "throttled": (429, "ThrottlingException"),
        "denied": (403, "AccessDeniedException"),
        "stale": (409, "ConflictException"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[str, dict[int, bytes]] = {PROFILE: {}, OTHER_PROFILE: {}}
        self.deployments: list[Deployment] = []
        self.tags: dict[str, str] = {}
        self.polls, self.bake = 0, 0
        self.page = 50

    @property
    def served(self) -> int | None:
        """The version that readers of the profile get."""
        mine = [one for one in reversed(self.deployments) if one.profile == PROFILE]
        return next((one.version for one in mine if one.state in ("COMPLETE", "BAKING")), None)

    def deploy(self, version: int, profile: str = PROFILE) -> Deployment:
        """Somebody else's hand: done at once."""
        made = self._made(profile, version, "by hand")
        self._go(made, "COMPLETE")
        return made

    def take_back(self, number: int) -> None:
        """An alarm goes off while it is under way."""
        one = self._one(number)
        one.tell("ROLLBACK_STARTED", "CLOUDWATCH_ALARM", "an alarm went off")
        self._go(one, "ROLLED_BACK")

    def operation(self, asked: Asked) -> str:
        parts = asked.parts
        if parts[0] == "tags" and asked.method == "GET":
            return "ListTagsForResource"
        if parts[:2] != ["applications", APPLICATION] or len(parts) < 3:
            return f"{asked.method} {asked.path}"
        key = (asked.method, parts[2], len(parts) - 2)
        return ROUTES.get(key, f"{asked.method} {asked.path}")

    def answer(self, operation: str, asked: Asked) -> Reply:
        found: Any
        last = asked.parts[-1]
        match operation:
            case "ListTagsForResource":
                if "/".join(asked.parts[1:]) != f"{ARN}/environment/{ENVIRONMENT}":
                    raise Refusal(404, "ResourceNotFoundException", asked.path)
                found = {"Tags": self.tags}
            case "ListHostedConfigurationVersions":
                found = self._listed(asked, self._hosted(asked.parts[3]))
            case "GetHostedConfigurationVersion":
                return self._content(asked.parts[3], int(last))
            case "ListDeployments" | "GetDeployment" | "StartDeployment" | "StopDeployment":
                if asked.parts[3] != ENVIRONMENT:
                    raise Refusal(404, "ResourceNotFoundException", asked.parts[3])
                found = self._of_deployments(operation, asked, last)
            case _:
                raise Refusal(404, "ResourceNotFoundException", operation)
        status = {"StartDeployment": 201, "StopDeployment": 202}.get(operation, 200)
        return Reply(status, json.dumps(found).encode(), _headers())

    def refused(self, refusal: Refusal) -> Reply:
        body = json.dumps({"Message": refusal.message}).encode()
        return Reply(refusal.status, body, _headers() | {"x-amzn-ErrorType": refusal.code})

    def _of_deployments(self, operation: str, asked: Asked, last: str) -> Any:
        if operation == "ListDeployments":
            self._look()
            return self._listed(asked, [_shown(one) for one in reversed(self.deployments)])
        if operation == "StartDeployment":
            return _shown(self._start(json.loads(asked.body)), whole=True)
        if operation == "StopDeployment":
            revert = asked.headers.get("allow-revert") == "true"
            return _shown(self._stop(self._one(int(last)), revert), whole=True)
        self._look()
        return _shown(self._one(int(last)), whole=True)

    def _start(self, params: Mapping[str, Any]) -> Deployment:
        profile, version = params["ConfigurationProfileId"], params["ConfigurationVersion"]
        if params["DeploymentStrategyId"] != STRATEGY:
            raise Refusal(404, "ResourceNotFoundException", "there is no such strategy")
        if not version.isdigit() or int(version) not in self.versions.get(profile, {}):
            raise Refusal(400, "BadRequestException", f"no version {version} of {profile}")
        if any(one.state in UNDER_WAY for one in self.deployments):
            raise Refusal(409, "ConflictException", "a deployment is in progress")
        latest = params.get("LatestDeploymentNumber")
        if latest is not None and latest != len(self.deployments):
            raise Refusal(409, "ConflictException", f"{latest} is not the latest deployment")
        made = self._made(profile, int(version), params.get("Description", ""))
        self._go(made, "DEPLOYING")
        return made

    def _stop(self, one: Deployment, revert: bool) -> Deployment:
        one.tell("ROLLBACK_STARTED", "USER", "stopped")
        if one.state == "DEPLOYING" or (revert and one.state == "BAKING"):
            self._go(one, "ROLLED_BACK")
        elif revert and one.completed and datetime.now(UTC) - one.completed < REVERT_WITHIN:
            self._go(one, "REVERTED")
        else:
            raise Refusal(400, "BadRequestException", f"it is {one.state}")
        return one

    def _made(self, profile: str, version: int, description: str) -> Deployment:
        made = Deployment(len(self.deployments) + 1, profile, version, description)
        made.tell("DEPLOYMENT_STARTED", "USER", "deployment started")
        self.deployments.append(made)
        return made

    def _look(self) -> None:
        """One poll: what is under way goes on when its polls are over."""
        for one in self.deployments:
            if one.state not in ("DEPLOYING", "BAKING"):
                continue
            if one.polls:
                one.polls -= 1
            else:
                self._go(one, "BAKING" if one.state == "DEPLOYING" else "COMPLETE")

    def _go(self, one: Deployment, state: str) -> None:
        one.state = state
        one.polls = {"DEPLOYING": self.polls, "BAKING": self.bake}.get(state, 0)
        if state in ("DEPLOYING", "BAKING") and not one.polls:
            self._go(one, "BAKING" if state == "DEPLOYING" else "COMPLETE")
        elif state == "COMPLETE":
            one.completed = datetime.now(UTC)
            one.tell("DEPLOYMENT_COMPLETED", "APPCONFIG", "deployment completed")

    def _one(self, number: int) -> Deployment:
        if not 1 <= number <= len(self.deployments):
            raise Refusal(404, "ResourceNotFoundException", f"there is no deployment {number}")
        return self.deployments[number - 1]

    def _hosted(self, profile: str) -> list[dict[str, Any]]:
        if profile not in self.versions:
            raise Refusal(404, "ResourceNotFoundException", profile)
        return [
            {"ApplicationId": APPLICATION, "ConfigurationProfileId": profile, "VersionNumber": n}
            for n in sorted(self.versions[profile], reverse=True)
        ]

    def _content(self, profile: str, version: int) -> Reply:
        if version not in self.versions.get(profile, {}):
            raise Refusal(404, "ResourceNotFoundException", f"no version {version}")
        headers = {"Version-Number": str(version), "Content-Type": "text/plain"}
        return Reply(200, self.versions[profile][version], _headers() | headers)

    def _listed(self, asked: Asked, items: list[dict[str, Any]]) -> dict[str, Any]:
        start = int(asked.query.get("next_token", 0))
        end = start + min(self.page, int(asked.query.get("max_results", 50)))
        more = {"NextToken": str(end)} if end < len(items) else {}
        return {"Items": items[start:end]} | more


def _shown(one: Deployment, whole: bool = False) -> dict[str, Any]:
    some = {
        "DeploymentNumber": one.number,
        "ConfigurationProfileId": one.profile,
        "ConfigurationVersion": str(one.version),
        "State": one.state,
        "PercentageComplete": one.percent,
    }
    if not whole:
        return some | {"ConfigurationName": "flag"}
    place = {"ApplicationId": APPLICATION, "EnvironmentId": ENVIRONMENT}
    more = {"DeploymentStrategyId": STRATEGY, "Description": one.description}
    return some | place | more | {"EventLog": one.log}


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/json", "x-amzn-RequestId": str(uuid.uuid4())}
