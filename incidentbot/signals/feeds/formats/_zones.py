"""The short names of time zones that pages write instead of an offset, in minutes from UTC.

Names that mean several zones are those of the pages that use them: CST and IST are American and
Indian here, BST is British.
"""

from collections.abc import Mapping

ZONES: Mapping[str, int] = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "WEST": 60,
    "BST": 60,
    "CET": 60,
    "CEST": 120,
    "EET": 120,
    "EEST": 180,
    "MSK": 180,
    "GST": 240,
    "PKT": 300,
    "IST": 330,
    "SGT": 480,
    "HKT": 480,
    "AWST": 480,
    "JST": 540,
    "KST": 540,
    "ACST": 570,
    "ACDT": 630,
    "AEST": 600,
    "AEDT": 660,
    "NZST": 720,
    "NZDT": 780,
    "BRT": -180,
    "ADT": -180,
    "AST": -240,
    "EDT": -240,
    "EST": -300,
    "CDT": -300,
    "CST": -360,
    "MDT": -360,
    "MST": -420,
    "PDT": -420,
    "PST": -480,
    "AKDT": -480,
    "AKST": -540,
    "HST": -600,
}


def minutes(name: str) -> int | None:
    """The offset of `CET`, `+02`, `-03:30` or `GMT+2`; None for a name that we do not know."""
    bare = name[3:] if name[:3] in ("GMT", "UTC") else name
    if bare[:1] in ("+", "-"):
        name, digits = bare, bare[1:].replace(":", "")
        digits = digits.zfill(2) if len(digits) < 3 else digits.zfill(4)
        if digits.isascii() and digits.isdigit() and len(digits) in (2, 4):
            value = int(digits[:2]) * 60 + int(digits[2:] or 0)
            return value if name[0] == "+" else -value
        return None
    return ZONES.get(name.upper())
