"""Imported by the server that bots are forked from: the models of AWS's services are read once."""

from incidentbot.runbooks.wires.aws import Aws
from tests.stories.shipped import READ, WRITE

SERVICES = (
    "ssm", "appconfig", "cloudfront", "cloudfront-keyvaluestore", "route53", "s3control",
    "route53-recovery-cluster",
)  # fmt: skip
NOWHERE = "http://127.0.0.1:9"

AWS = Aws(read=READ, write=WRITE)
for service in SERVICES:
    AWS.client(service, "us-west-2", NOWHERE, READ, 1)
