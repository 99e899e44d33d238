"""Where to cut a range of keys that nobody has seen yet. Pure.

A cut needs no key to be there: a listing can begin after any text. So it may be guessed, and a bad
guess costs one request that comes back empty. Keys are taken as fractions: what follows the common
beginning of both ends is read as digits of a number, in an alphabet guessed from the keys that were
seen at that place (decimal, hexadecimal, letters, or whatever stood there).
"""

from collections.abc import Sequence

from incidentbot.runbooks.listing import Row

END = b"\xf4\x8f\xbf\xbd"  # the last character that may be used: behind what begins the same
OPEN = b"\xff"  # behind every key; no text, and never asked for
DEPTH = 6  # characters that are read as digits
DIGITS = bytes(range(0x30, 0x3A))
LOWER = bytes(range(0x61, 0x7B))
UPPER = bytes(range(0x41, 0x5B))
CLASSES = (DIGITS, DIGITS + LOWER[:6], UPPER[:6] + DIGITS, LOWER, UPPER, DIGITS + LOWER,
           DIGITS + UPPER, DIGITS + UPPER + LOWER, bytes(range(0x20, 0x7F)))  # fmt: skip


def shared(one: bytes, two: bytes) -> int:
    """How many bytes both begin with, not cutting a character in two."""
    most = min(len(one), len(two))
    place = next((n for n in range(most) if one[n] != two[n]), most)
    while place and place < len(one) and one[place] & 0xC0 == 0x80:
        place -= 1
    return place


def alphabet(rows: Sequence[Row], prefix: bytes) -> bytes:
    """The characters that may stand after `prefix`, guessed from the keys that begin with it."""
    where = len(prefix)
    seen = {
        byte
        for key, _, _ in rows[:: max(1, len(rows) // 50)]
        if key.startswith(prefix)
        for byte in key[where : where + DEPTH]
    }
    first = {key[where] for key, _, _ in rows if len(key) > where and key.startswith(prefix)}
    for known in CLASSES:
        if first and first <= set(known):
            return bytes(sorted(known))
    return bytes(sorted({byte for byte in seen if byte < 0x80} | set(CLASSES[-1])))


def fraction(key: bytes, prefix: bytes, letters: bytes) -> float:
    """Where a key lies among all that begin with `prefix`: 0 before the first, 1 after the last."""
    if not key.startswith(prefix):
        return 0.0 if key < prefix else 1.0
    value, scale, base = 0.0, 1.0, len(letters)
    for byte in key[len(prefix) : len(prefix) + DEPTH]:
        place = sum(1 for letter in letters if letter < byte)
        scale /= base
        value += min(place, base) * scale
        if byte not in letters:
            break
    return min(value, 1.0)


def text(value: float, prefix: bytes, letters: bytes) -> bytes:
    """The shortest text near that fraction; the other way round of `fraction`."""
    out = bytearray()
    for _ in range(DEPTH):
        value *= len(letters)
        digit = min(int(value), len(letters) - 1)
        out.append(letters[digit])
        value -= digit
    return prefix + bytes(out)


def cuts(at: bytes, end: bytes, parts: int, rows: Sequence[Row]) -> list[bytes]:
    """Up to `parts - 1` texts between `at` and `end`, apart evenly as far as one can tell."""
    prefix = at[: shared(at, end)]
    letters = alphabet(rows, prefix)
    low, high = fraction(at, prefix, letters), fraction(end, prefix, letters)
    step = (high - low) / parts
    found = {text(low + step * n, prefix, letters) for n in range(1, parts)}
    return sorted(cut for cut in found if at < cut < end)


def remaining(at: bytes, end: bytes, rows: Sequence[Row]) -> float:
    """How many rows are likely to come up to `end`, if they lie as densely as `rows` did."""
    if len(rows) < 2:
        return 0.0
    prefix = at[: shared(at, end)]
    letters = alphabet(rows, prefix)
    here = fraction(at, prefix, letters)
    width = here - fraction(rows[0][0], prefix, letters)
    ahead = fraction(end, prefix, letters) - here
    return len(rows) * ahead / width if width > 0 else (float("inf") if ahead > 0 else 0.0)
