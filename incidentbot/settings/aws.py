"""The section `aws`: two roles, one that reads and plans, one that writes for one plan."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from incidentbot.settings.base import SettingsModel
from incidentbot.settings.values import HttpUrl, Matching, Region, refuse

RoleArn = Annotated[
    str,
    Matching(
        r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,512}",
        "the ARN of a role",
        "arn:aws:iam::123456789012:role/incidentbot-reader",
    ),
]
ExternalId = Annotated[
    str,
    Matching(r"[A-Za-z0-9_+=,.@:/-]{2,1224}", "an external id", "letters, digits and _+=,.@:/-"),
]


class AwsSettings(SettingsModel):
    reader_role: RoleArn | None = Field(
        None, description="Role that reads and plans; left out: the process's own credentials."
    )
    writer_role: RoleArn | None = Field(
        None, description="Role that writes, assumed for one plan, for 15 minutes at most."
    )
    external_id: ExternalId | None = Field(
        None, description="External id that the roles ask for; no secret."
    )
    region: Region | None = Field(
        None, description="Region whose STS gives the roles; one that does not fail too."
    )
    endpoint_url: HttpUrl | None = Field(
        None, description="Address of an STS-compatible service; left out for AWS."
    )

    @model_validator(mode="after")
    def _sts_has_a_region(self) -> Self:
        if (self.reader_role or self.writer_role) and self.region is None:
            refuse(
                "is missing: which region's STS gives the roles",
                "one that does not fail together with your primary, such as us-west-2",
                at="region",
            )
        return self
