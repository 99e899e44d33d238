"""What plain sentences say of a service: over, planned, or in trouble, and how badly."""

import re

from incidentbot.signals.feeds.contract import State
from incidentbot.signals.feeds.formats._said import OVER, word_of
from incidentbot.signals.feeds.formats._stages import TRANSLATED

PHASE = (
    r"maintenance (?:scheduled|in progress|completed?)|resolved|completed|closed|cancell?ed"
    r"|restored|recovered|fixed|monitoring|watching"
    r"|identified|investigating|update|verifying|in progress|scheduled|upcoming|ongoing|open"
    r"|postmortem|mitigated"
)
# "[Resolved] ...", "Resolved: ...", "... (Resolved)", "... - Resolved".
_WORD = f"{PHASE}|{'|'.join(TRANSLATED)}"
TITLED = re.compile(
    rf"^\W{{0,3}}({_WORD})\b\W{{0,3}}(?=[\]):\-–—|])|^\W{{0,3}}({_WORD})\s?[:\]\-–—|]"
    rf"|[\[(\-–—|:]\s?({_WORD})\s?[\])]?\W{{0,2}}$",
    re.IGNORECASE,
)
# "Status: Resolved" in the text, or the first words that stand out in it.
WRITTEN = re.compile(
    rf"\b(?:current )?(?:status|state)\s?(?:is)?\s?[:=]\s?(?:<[^<>]{{0,40}}>\s?)?({PHASE})\b"
    rf"|<(?:b|strong|h\d)>\s?({PHASE})\b",
    re.IGNORECASE,
)
ENDED = re.compile(
    r"\b(?:(?:is|was|are|were|been|now|fully|has|have)\s(?:(?!not\b|partially\b|mostly\b)\w+ )?"
    r"(?:resolved|restored|recovered|fixed|mitigated|completed)"
    r"|operating normally|back to normal|(?:fully|now|is|are|systems) operational"
    r"|(?:is|are) (?:back )?(?:up|online)(?! to)|recovered$"
    r"|no (?:known |current )?(?:issues|incidents|problems)|service is available)\b",
    re.IGNORECASE,
)
NOT_YET = re.compile(r"\bnot (?:\w+ ){0,2}(?:resolved|restored|recovered|fixed)\b", re.IGNORECASE)
PLANNED = re.compile(
    r"\b(?:maintenance|scheduled (?:event|work|upgrade)|planned work|wartung(?:sarbeiten)?"
    r"|mantenimiento|manutenção|manutenzione|onderhoud)\b|メンテナンス|维护|維護",
    re.IGNORECASE,
)
STARTED = re.compile(
    r"\b(?:in progress|has (?:started|begun)|under ?way|ongoing|is currently|verifying)\b", re.I
)
# Work also where the title does not say so: the phase or the affected components do.
WORK = re.compile(r"\bstatus: maintenance\b|\(under maintenance\)", re.IGNORECASE)
SAME = {**dict.fromkeys(("restored", "recovered", "fixed"), "resolved"), "complete": "completed"}
AHEAD = re.compile(r"\b(?:scheduled|planned|upcoming|will be|will take)\b", re.IGNORECASE)
# What only says that a thing went or came back, in titles about each such moment.
TURNS = re.compile(r"\b(?:(?:is|are|went) (?:back )?(?:up|down|online|offline)|recovered)\b")
SEVERITY: tuple[tuple[str, State], ...] = (
    (
        r"(?:major|full|complete|total|global) (?:\w+ )?(?:outage|disruption)"
        r"|unavailab(?:le|ility)|(?:is|are|completely|went|been) (?:down|offline)|ausfall|panne"
        r"|service disruption|unreachable|down(?=:)",
        "major_outage",
    ),
    (
        r"partial(?:ly)? (?:\w+ )?outage|minor outage|partially unavailable|disrupt(?:ion|ed)",
        "partial_outage",
    ),
    (r"outages?", "major_outage"),
    (
        r"degrad\w{1,8}|elevated|increased|slow\w{0,4}|latency|delay\w{0,3}|intermittent\w{0,2}"
        r"|errors?|fail(?:s|ed|ing|ures?)?|cannot|broken|not working|issues?|problems?|trouble"
        r"|incident|impact(?:ed|ing)?|affect\w{0,3}"
        r"|störung(?:en)?|beeinträchtig\w{1,6}|dégrad\w{1,6}|perturbations?|degradación|incidencia"
        r"|interrupt\w{0,4}|timeouts?|investigat\w{2,4}|informational|unable|connectivity",
        "degraded",
    ),
)
_SEVERE = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), state) for words, state in SEVERITY
)


def severity(text: str) -> State | None:
    """How bad it is by its words; None when they speak of no trouble."""
    return next((state for pattern, state in _SEVERE if pattern.search(text)), None)


def phase_of(title: str, html: str) -> str:
    """The phase as it is written where phases are written, or nothing."""
    found = TITLED.search(title) or WRITTEN.search(html[:4000])
    word = word_of(next(filter(None, found.groups()), "")) if found else ""
    word = word.removeprefix("maintenance_")
    return SAME.get(word) or TRANSLATED.get(word, word)


def subject(title: str) -> str:
    """What a title is about without its phase, so that its items can be told together."""
    named = TURNS.sub(" ", TITLED.sub(" ", title.lower()))
    return " ".join(re.findall(r"\w+", named)) or title.lower()


def judge(title: str, html: str, text: str, phase: str = "") -> tuple[State, str]:
    """(state, phase) of an item; `unknown` when it speaks of no state at all.

    `text` is the plain text of `html`. The title weighs more than the text, a phase more than both.
    A `phase` that is known already is not looked for.
    """
    phase = phase or phase_of(title, html)
    if phase in OVER:
        return "operational", phase
    if PLANNED.search(title) or WORK.search(text, 0, 1000):
        started = phase in ("in_progress", "verifying", "ongoing") or STARTED.search(text)
        ahead = phase in ("scheduled", "upcoming") or AHEAD.search(f"{title} {text}")
        return ("maintenance", phase) if started or not ahead else ("operational", "scheduled")
    if phase in ("scheduled", "upcoming"):
        return "operational", "scheduled"
    if _ended(title):
        return "operational", phase or "resolved"
    named, affected = severity(title), severity(_listed(html))
    if not phase and named in (None, "degraded") and _ended(text[:600]):
        return "operational", "resolved"
    if phase in ("monitoring", "watching", "mitigated") and not affected:
        return "operational", phase
    worse = affected or named or severity(text[:600]) or ("degraded" if phase else None)
    return (worse or "unknown"), phase


def _ended(text: str) -> bool:
    return bool(ENDED.search(NOT_YET.sub(" ", text)))


def _listed(html: str) -> str:
    """The list of affected components, which some pages put below the text."""
    return html.lower().partition("affected components")[2][:2000].replace("_", " ")
