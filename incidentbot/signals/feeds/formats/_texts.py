"""What the prose of an incident says of storage: impaired, at work as usual, or nothing.

Vendors file a storage outage under another service (volumes under EC2), and list a storage service
that works (CloudFront while only its reports are late). Sentence by sentence, newest text first.
"""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from incidentbot.signals.feeds.contract import Storage, Update, text_of

MOST = 12_000  # characters of a text are looked at; vendors write a few hundred
MOST_TEXTS = 100
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_TAG = re.compile(r"<[^<>]{0,500}>")
_BREAK = re.compile(r"</(?:p|div|li|tr|h\d)>|<br\s?/?>", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?。])\s+|[\n\r|。]+|\*\s")
# A name and how the product is called in our normal form.
_NAMES: tuple[tuple[str, str], ...] = (
    ("s3", r"s3|simple storage service"),
    (
        "ebs",
        r"ebs|elastic block store|instances and volumes"
        r"|(?:affected|impaired|storage|underlying) volumes",
    ),
    ("efs", r"efs|elastic file system"),
    ("fsx", r"fsx"),
    ("glacier", r"glacier"),
    ("cloudfront", r"cloudfront"),
    ("Cloud Storage", r"(?:google )?cloud storage|gcs"),
    ("Persistent Disk", r"(?:persistent|pd) disks?|hyperdisks?"),
    ("Filestore", r"filestore"),
    ("Cloud CDN", r"cloud cdn|media cdn"),
    (
        "Storage",
        r"(?:azure|blob|object|block|file) storage|managed disks?"
        r"|storage (?:accounts?|clusters?|scale units?|stamps?|nodes?|hardware)",
    ),
    ("Azure Front Door", r"azure front door"),
)
# Looking for these first is ten times faster than the pattern, and most texts have none.
_HINTS = ("s3", "ebs", "efs", "fsx", "glacier", "gcs", "stor", "volumes", "disk", "cdn", "front")
# Not \b: a name may stand between characters of a script without spaces.
_NAMED = re.compile(
    r"(?<![a-z0-9])(?:" + "|".join(f"({words})" for _, words in _NAMES) + r")(?![a-z0-9])",
    re.IGNORECASE,
)
# Data on its way to storage that works: "delays in delivery to S3".
_TARGET = re.compile(
    r"\b(?:to|from|in|into|via|on|by|using)\s+(?:an? |the |your |some )?(?:amazon |aws |azure )?$"
    r"|\bhosted\b",
    re.IGNORECASE,
)
# The same small words, but what is wrong is the storage itself: "caused by errors in S3".
_AT_IT = re.compile(
    r"\b(?:(?:errors?|error rates|faults?|failures?|latenc(?:y|ies)|issues?|problems?|impairment"
    r"|degradation|degraded performance|disruption|outage) (?:in|on|with|for|by)"
    r"|\w{2,30}s using|(?:requests|calls|connectivity|connections|access) to)"
    r" (?:an? |the |your |some )?(?:amazon |aws |azure )?$",
    re.IGNORECASE,
)
_DELIVERY = re.compile(r"^\s*(?:deliver|destination|export|backup|log|sink)", re.IGNORECASE)
_FINE = re.compile(
    r"\b(?:unaffected|unimpacted|(?:not|never)(?: been| being)? (?:affected|impacted|affecting"
    r"|impacting)|(?:do|does|did) not (?:affect|impact)|served normally|serving (?:traffic|requests"
    r"|content) (?:as expected|normally)|(?:operating|working|functioning) (?:normally|as expected)"
    r"|(?:is|are|was|were) (?:now |fully )*(?:resolved|restored|mitigated|healthy again)"
    r"|(?:returned|back) to normal|no longer (?:see|seeing|experienc\w{1,4}|affected|impacted)"
    r"|(?<!we have )(?:fully|completely|now) (?:recovered|restored|resolved|operational|mitigated)"
    r"|(?<!we )(?:have|has|had) (?:been )?(?:fully )?(?:recovered|resolved|restored|mitigated)"
    # "We have restored communication between hosts" is a step on the way.
    r"|we have (?:now |fully )*(?:(?:resolved|mitigated) (?:the|this) (?:issue|problem)"
    r"|recovered(?=[.,;]|$)|restored (?:all |full |normal )*(?:service|access|operations?)))\b"
    r"|解決|恢复正常|恢復正常|正常に",
    re.IGNORECASE,
)
# Well for someone or something else, or for a part: no word on the rest.
_ELSEWHERE = re.compile(
    r"\bother (?:\w+ ){0,2}(?:zones?|regions?|locations?|customers|accounts|buckets|volumes)\b"
    r"|\bcustomers (?:who|that|not|without|in)\b|\boutside\b",
    re.IGNORECASE,
)
_PARTLY = re.compile(
    r"\b(?:gets?|puts?|lists?|listing|deletes?|deletion|reads?|writes?|heads?|retrieval"
    r"|existing(?! (?:content|distributions?)\b)"
    r"|some|subset|many|new)\b",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"\b(?:but|however|except|although|remaining|majority|most|some of|still)\b"
    r"|\b(?:once|until|as soon as|when the|will be|expect\w{0,3} to|should be)\b"
    r"|\bcontinu(?:e|es|ing) to (?:work|investigate|experience|see|recover|monitor)",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"error|fail|fault|degrad|latenc|delay|slow|timeout|time-?out|unavailab|unreachable|impair"
    r"|impact|affect|disrupt|outage|issue|investigat|problem|stuck|loss\b|lost\b|recovery"
    r"|recover\b|resolution|mitigat|experienc|inaccess|unable|cannot|could not|offline|stall"
    r"|\bblock(?:ed|ing)\b|\b(?:is|are|went|be) down\b|unresponsive|throttl|remaining"
    r"|fehler|störung|ausfall|verzöger|beeinträchtig|erreur|panne|perturb|indisponib|retard"
    r"|erros?\b|fal(?:ha|la|lo)|interrup|incidencia|anomal",
    re.IGNORECASE,
)
# Around the stored things, not the things: objects are served while these are late.
_SIDE = re.compile(
    r"\breport|\blogs?\b|\bmetrics?\b|invalidat|propagat|\bconfiguration|\bconsole\b|\bbilling\b"
    r"|provisioning of|\binventory\b|\bquotas?\b",
    re.IGNORECASE,
)
# "We continue to work toward resolution" is said of any trouble; these words say of which.
_CONCRETE = re.compile(
    r"error|fail|fault|degrad|latenc|delay|slow|time-?out|unavailab|unreachable|impair|impact"
    r"|affect|disrupt|outage|stuck|stall|offline|\blos[st]\b|inaccess|request|operation|object|\breads?\b"
    r"|\bwrit|\buploads?|\bdownloads?|\baccess\b|volume|bucket|content",
    re.IGNORECASE,
)
# "Between 4 and 5 PM ..." is over; "Starting at 4 PM ..." is not.
_PAST = re.compile(
    r"^\W*(?:\d{1,2}:\d\d [AP]M P[SD]T\W*)?"
    r"(?:between\b.{1,80}\band\b|from\b.{1,80}\bto\b|during this time\b|earlier\b)"
    r"(?!.*\b(?:are|is|continues?|still)\b)",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"\bissues? (?:has|have) been (?:fully )?(?:resolved|mitigated)(?! (?:for|in) (?:some|most))"
    r"|\bservices? (?:is|are) (?:now )?operating normally"
    r"|サービスは正常に|服务(?:现已|已|现在)?(?:恢复|运行)正常|서비스가 정상",
    re.IGNORECASE,
)
_OVER_HINTS = ("solved", "mitigated", "operating normally", "正常", "정상")
_REMAINS = re.compile(
    r"\b(?:remaining|remains?|residual|still)\b|\bcontinu(?:e|ing) to (?:work|see|experience)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\bapi and console (?:issue|error|failure|problem)"
    r"|\b(?:issues?|errors?|error rates|problems|latenc\w+|connectivity|impact(?:ing|ed|s)?"
    r"|affect(?:ing|ed|s)?)"
    r" (?:(?:with|for|to|across|in|on|of|a number of) )*(?:multiple|several|all|many|most"
    r"|various) (?:\w+ )?(?:services|products)"
    r"|\b(?:issues?|errors?|error rates) (?:with|for|to|across|in) (?:aws|azure|google cloud)"
    r" services"
    r"|\b(?:affect|impact)(?:s|ed|ing)? other (?:aws|azure|google cloud) services"
    r"|\b(?:multiple|several|many|all) (?:aws|azure|gcp|google cloud|cloud) (?:services|products"
    r"|resources)",
    re.IGNORECASE,
)
_WHOLE_HINTS = ("ervices", "roducts", "esources", "onsole ")
_PROVIDER = re.compile(
    r"\b(?:cloud|hosting|infrastructure) provider|\baws\b|\bamazon web services\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Said:
    """`names` are the storage services said to be impaired, as the normal form calls them.

    `wide`: it speaks of many services at once.
    """

    storage: Storage
    why: str
    names: tuple[str, ...] = ()
    wide: bool = False


NOTHING = Said("no", "no storage is named")


def plain(markup: str) -> str:
    """The text of a piece of HTML: a line per block, no tags, entities as characters."""
    return html.unescape(_TAG.sub(" ", _BREAK.sub("\n", markup[: 4 * MOST])))[:MOST]


def sentences(text: str) -> list[str]:
    """The sentences of a text, those in Latin letters first: some write in three scripts."""
    found = [sentence for part in _SENTENCE.split(text[:MOST]) if (sentence := part.strip())]
    return sorted(found[:MOST_TEXTS], key=_foreign)


@lru_cache(512)  # a feed says the same again and again
def says_over(text: str) -> bool:
    """Whether a text says that all is well again, without a rest that is not."""
    if not any(hint in text for hint in _OVER_HINTS):
        return False
    return bool(_OVER.search(text, 0, MOST)) and not _REMAINS.search(text, 0, MOST)


def of_storage(service: str, texts: Iterable[str]) -> Said:
    """Of an entry that is about a storage service: impaired unless the text says otherwise."""
    told = list(texts)[:MOST_TEXTS]
    if told and _closed(told[0]):
        return Said("no", f"about {service}, but the newest text says that it is over")
    for text in told:
        works, sentence = _works(text)
        if works:
            return Said("no", f"about {service}, but: {text_of(sentence, 160)!r}")
        if works is False:
            break
    return Said("yes", f"the entry is about {service}", (service,))


def of_other(texts: Sequence[str]) -> Said:
    """Of an entry about something else: what its texts, newest first, say of storage."""
    if texts and says_over(texts[0]):
        return Said("no", "the newest text says that it is over")
    aside = ""
    for text in texts[:MOST_TEXTS]:
        hit, fine, beside = _named(text)
        if hit:
            sentence, names = hit
            return Said("yes", f"the text says: {text_of(sentence, 160)!r}", names)
        if fine:
            return Said("no", f"the text says: {text_of(fine, 160)!r}")
        aside = aside or beside
    if aside:
        return Said("unclear", f"storage is named in passing: {text_of(aside, 160)!r}")
    whole = next((found for text in texts[:MOST_TEXTS] if (found := _whole(text))), "")
    if whole:
        return Said("unclear", f"speaks of {whole!r} without naming storage", wide=True)
    return NOTHING


def of_customer(texts: Sequence[str]) -> Said:
    """Of a service that is itself a customer of clouds: its provider may be at fault, unnamed."""
    said = of_other(texts)
    if said.storage != "unclear" and said is not NOTHING:
        return said
    blamed = next((found for text in texts if (found := _PROVIDER.search(text, 0, MOST))), None)
    if blamed:
        return Said("unclear", f"speaks of {blamed[0]!r} without naming storage")
    return NOTHING


@lru_cache(512)
def _closed(text: str) -> bool:
    """Whether it tells what was and ends with that it is over, for everybody and everything."""
    ends = list(_OVER.finditer(text, 0, MOST)) if says_over(text) else []
    if not ends:
        return False
    rest = sentences(text[ends[-1].start() :])
    partly = any(_PARTLY.search(sentence) or _TURN.search(sentence) for sentence in rest)
    return not partly and all(_good(s) is not False or _aside(s) for s in rest)


@lru_cache(512)
def _works(text: str) -> tuple[bool | None, str]:
    """Whether the service that a text is about works, and the sentence that says so."""
    fine = ""
    for sentence in sentences(text):
        good = _good(sentence)
        if good is False and not _aside(sentence):
            return False, sentence
        if good and not fine and not _PARTLY.search(sentence):
            fine = sentence
    return True if fine else None, fine


@lru_cache(512)
def _whole(text: str) -> str:
    """The words in which a text speaks of everything at once, if it does."""
    if not any(hint in text for hint in _WHOLE_HINTS):
        return ""
    found = _WHOLE.search(text, 0, MOST)
    return found[0] if found else ""


@lru_cache(512)
def _named(text: str) -> tuple[tuple[str, tuple[str, ...]] | None, str, str]:
    """The sentence with storage in trouble and its names; one with storage fine; one in passing."""
    fine = beside = ""
    lower = text[:MOST].lower()
    if not any(hint in lower for hint in _HINTS):
        return None, fine, beside
    for sentence in sentences(text):
        names = _names(sentence)
        if not names:
            continue
        good = _good(sentence)
        if good:
            fine = sentence
        elif good is False and _SIDE.search(sentence):
            beside = sentence
        elif good is False and not _PAST.match(sentence):
            return (sentence, names), fine, beside
    return None, fine, beside


def _names(sentence: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for match in _NAMED.finditer(sentence):
        before, after = (
            sentence[max(0, match.start() - 40) : match.start()],
            sentence[match.end() :],
        )
        beside = _TARGET.search(before) and not _AT_IT.search(before)
        if match.lastindex and not beside and not _DELIVERY.match(after[:20]):
            found[_NAMES[match.lastindex - 1][0]] = None
    return tuple(found)


def _aside(sentence: str) -> bool:
    """Trouble around the stored things, trouble that is past, or a phrase about any trouble."""
    concrete = _CONCRETE.search(sentence) or _foreign(sentence)
    return not concrete or bool(_SIDE.search(sentence) or _PAST.match(sentence))


def _foreign(sentence: str) -> bool:
    return not sentence.isascii() and sum(not c.isascii() for c in sentence) * 3 > len(sentence)


def _good(sentence: str) -> bool | None:
    """True: works; False: trouble; None: says neither. Text in another script is trouble."""
    if _FINE.search(sentence) and not _TURN.search(sentence):
        return None if _ELSEWHERE.search(sentence) else True
    return False if _foreign(sentence) or _TROUBLE.search(sentence) else None


def newest_first(updates: Iterable[Update]) -> tuple[Update, ...]:
    """In order of time whatever the order in the body; those without a time come last."""
    told = [update for update in updates if update.text]
    timed = [update for update in told if update.at is not None]
    timed.sort(key=lambda update: update.at or LONG_AGO, reverse=True)
    return (*timed, *(update for update in told if update.at is None))


def rfc822(value: object) -> datetime | None:
    """A date as in mails and RSS, in UTC; also with the zones PST, PDT and the bare Z."""
    try:
        at = parsedate_to_datetime(value[:80]) if isinstance(value, str) else None
        return at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
