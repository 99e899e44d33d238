"""The Python that runs this, and the outside of it that the bot counts on."""

import platform
import ssl
import sys

from incidentbot.doctor.contract import Finding, fault, ok
from incidentbot.doctor.ward import Ward

TITLE = "Python"
PLACE = 20
OLDEST = (3, 11)


async def examine(ward: Ward) -> list[Finding]:
    version = platform.python_version()
    if sys.version_info < OLDEST:
        return [
            fault(
                "Python",
                f"is {version}",
                "The bot is written for 3.11 and newer.",
                "Install a newer one, then: make install PYTHON=python3.12",
            )
        ]
    return [ok("Python", f"{version} with {ssl.OPENSSL_VERSION}")]
