"""Plain words for the codes that pages show: roles, scopes, states of a seal, members and moments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.units import format_unit
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.gateways.smtp import REASONS
from accounts.rules.events import PUBLIC
from kernel.clock import legal_zone
from privacy.queries.periods import run_words

register = template.Library()

_SIZES = ("byte", "kilobyte", "megabyte", "gigabyte")
_INTERVALS = {"month": _("paid by the month"), "year": _("paid by the year"), "once": _("one month only")}
_CHANGES = {
    "pending": _("to come"),
    "applied": _("agreed"),
    "withdrawn": _("withdrawn"),
    "superseded": _("replaced by a later one"),
}

_COMMON_NAME = re.compile(r"(?:^|[,+])\s*CN=((?:\\.|[^,+\\])*)")

# In this order: most browsers claim to be the ones that come later, too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_DOCUMENTS = {
    "special": _("Special terms"),
    "dpa": _("Data processing agreement"),
    "privacy": _("Privacy policy"),
    "aup": _("Acceptable use policy"),
    "terms": _("Terms of service"),
    "cookies": _("Cookie policy"),
}
_ROLES = {
    "owner": _("Owner"),
    "administrator": _("Administrator"),
    "billing": _("Billing"),
    "developer": _("Developer"),
    "member": _("Member"),
    "auditor": _("Auditor"),
}
_SCOPES = {
    "seal.create": _("Seal documents"),
    "seal.read": _("Read its own seals"),
    "seal.read_all": _("Read every seal"),
    "usage.read": _("Read usage"),
    "billing.read": _("Read invoices and costs"),
    "certificate.read": _("Read certificates"),
    "member.provision": _("Provision members (SCIM)"),
    "member.read": _("Read who the members are"),
    "member.manage": _("Invite, suspend and end members"),
    "webhook.manage": _("Manage webhooks"),
    "event.read": _("Read events"),
    "audit.read": _("Read the audit trail"),
}
_ACTOR_KINDS = {
    "member": _("Members"),
    "token": _("Programs"),
    "staff": _("Our staff"),
    "system": _("The system"),
}
_STATES = {
    "queued": _("Waiting its turn"),
    "sealing": _("Sealing"),
    "waiting_for_timestamp": _("Waiting for the timestamp authority"),
    "sealed": _("Sealed"),
    "refused": _("Refused"),
    "failed": _("Failed"),
    "active": _("Active"),
    "suspended": _("Suspended"),
    "ended": _("Ended"),
    "requested": _("Requested"),
    "retired": _("Retired"),
    "revoked": _("Revoked"),
    "abandoned": _("Cancelled"),
    "pending": _("Waiting"),
    "sending": _("On its way"),
    "delivered": _("Delivered"),
    "gone": _("the receiver answered 410 Gone"),
    "failing": _("every message failed for five days"),
    "by_hand": _("turned off by one of you"),
    "address_refused": _("The name leads to an address that is not of the public internet."),
    "name_unknown": _("The name leads to no server."),
    "not_reached": _("The server could not be reached."),
    "tls_failed": _("The server's certificate is not valid for its name."),
    "timeout": _("There was no complete answer within 15 seconds."),
    "broken_off": _("The connection broke off, or what came was not HTTP."),
    "offered": _("Offered to support"),
    "granted": _("Granted"),
    "opened": _("Being examined"),
    "held": _("Held: an owner objects"),
    "invited": _("The new owner is invited"),
}
_GROUNDS = {
    "abuse": _("abuse of the service"),
    "prohibited_content": _("prohibited content"),
    "resale": _("resale without an agreement"),
    "sanctions": _("sanctions"),
    "non_payment": _("unpaid invoices"),
    "security": _("a danger to security"),
    "other": _("another breach of the terms"),
}
_HINTS = {
    "queued": _("It is accepted and will be sealed in turn."),
    "waiting_for_timestamp": _("The outage is theirs, not yours. Your document is kept and sealed when they are back."),
    "refused": _("Nothing was sealed and nothing is charged."),
    "failed": _("Nothing was delivered and nothing is charged."),
}
_TONES = {"TOTAL-PASSED": "good", "INDETERMINATE": "unsure", "TOTAL-FAILED": "harm"}
_VERDICTS = {"TOTAL-PASSED": _("Valid"), "INDETERMINATE": _("Cannot be confirmed"), "TOTAL-FAILED": _("Not valid")}
_LEVELS = {
    "B-B": _("A plain signature: nothing but the signer's word says when it was made."),
    "B-T": _("With a timestamp; whether the certificate was revoked must be asked elsewhere."),
    "B-LT": _("With a timestamp and the proof that nothing was revoked."),
    "B-LTA": _("With a timestamp, the proof that nothing was revoked, and an archive timestamp over both."),
}
_QUALIFIED = {
    "seal": _("Qualified electronic seal"),
    "signature": _("Qualified electronic signature"),
    "timestamp": _("Qualified electronic timestamp"),
}
_PURPOSES = {"seal": _("electronic seals"), "signature": _("electronic signatures"), "website": _("websites")}


@register.filter
def mail_trouble(reason: str) -> str:
    """What is wrong with a customer's mail server."""
    return str(REASONS.get(reason, ""))


@register.filter
def document_name(kind: str) -> str:
    """A kind of legal document."""
    return str(_DOCUMENTS.get(kind, kind))


@register.filter
def role_name(role: str) -> str:
    """The reader's word for a role."""
    return str(_ROLES.get(str(role), role))


@register.filter
def actor_kind_name(code: str) -> str:
    """Who acts, as the filter of the audit trail says it."""
    return str(_ACTOR_KINDS.get(code, code))


@register.filter
def scope_name(scope: str) -> str:
    """The reader's words for a scope of an API token."""
    return str(_SCOPES.get(str(scope), scope))


@register.filter
def state_name(state: str) -> str:
    """The reader's words for the state of a seal, a member, an access grant or a case."""
    return str(_STATES.get(str(state), state))


@register.filter
def ground_name(ground: str) -> str:
    """The ground of a suspension in the reader's words (clause C7)."""
    return str(_GROUNDS.get(ground, ground))


@register.filter
def state_hint(state: str) -> str:
    """What a state means for the reader, where the word alone does not say it; else empty."""
    return str(_HINTS.get(str(state), ""))


@register.filter
def verdict_tone(indication: str) -> str:
    """How an indication looks: ``good``, ``unsure`` or ``harm``."""
    return _TONES.get(indication, "unsure")


@register.filter
def verdict_words(verdict: Mapping[str, Any]) -> str:
    """The verdict about a file or a signature in two or three words."""
    if verdict["code"] == "no_signature":
        return str(_("Not signed"))
    return str(_VERDICTS.get(verdict["indication"], verdict["indication"]))


@register.filter
def signature_kind(signature: Mapping[str, Any]) -> str:
    """What a verification found: a seal, a signature, a countersignature or a timestamp."""
    if signature["kind"] == "timestamp":
        return str(_("Document timestamp"))
    if signature["kind"] == "countersignature":
        return str(_("Countersignature"))
    return str(_("Seal") if (signature["signer"] or {}).get("purpose") == "seal" else _("Signature"))


@register.filter
def level_words(level: str) -> str:
    """What a baseline level means for whoever reads the file."""
    return str(_LEVELS.get(level, ""))


@register.filter
def qualification_words(found: Mapping[str, Any]) -> str:
    """What the trusted lists make of a seal, signature or timestamp, in two or three words."""
    if found["status"] == "qualified":
        return str(_QUALIFIED[found["kind"]])
    return str(_("Not qualified") if found["status"] == "not_qualified" else _("Not known whether it is qualified"))


@register.filter
def claim_words(holder: Mapping[str, Any]) -> str:
    """What a certificate claims to be, as a sentence."""
    purpose = _PURPOSES.get(holder["purpose"], "")
    if not holder["qualified"]:
        return str(_("It does not claim to be a qualified certificate."))
    if holder["secure_device"]:
        return str(_("Qualified certificate for %(purpose)s, key in a qualified device")) % {"purpose": purpose}
    return str(_("Qualified certificate for %(purpose)s")) % {"purpose": purpose}


@register.filter
def common_name(subject: str) -> str:
    """The CN of a distinguished name (RFC 4514), as a heading; the whole text when it has none."""
    found = _COMMON_NAME.search(subject)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else subject


@register.filter
def browser_name(user_agent: str) -> str:
    """A browser and its system in two words, as far as the user agent tells; else the beginning of it."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(filter(None, (browser, system))) or user_agent[:60]


def _locale() -> str:
    """Babel's name of the active language; English as it is written in Europe."""
    language = get_language() or "en"
    return "en_GB" if language.startswith("en") else language.replace("-", "_")


def _reader_zone() -> tzinfo:
    """What a middleware has activated. UTC may be chosen, as Etc/UTC: the framework's own means that nothing was."""
    zone = timezone.get_current_timezone()
    return legal_zone() if zone is timezone.get_default_timezone() else zone


@register.filter
def event_words(public_type: str) -> str:
    """What an event means, by the name that customers know; nothing of what is none, like the test button's."""
    kind = PUBLIC.get(public_type)
    return str(_(kind.words)) if kind else ""


@register.filter
def country_name(code: str) -> str:
    """A country by its ISO 3166 code, in the reader's language."""
    return str(Locale.parse(_locale()).territories.get(code, code))


@register.filter
def stored_size(count: int) -> str:
    """Bytes as plans count storage, in thousands: "4.9 GB" are less than a plan's 5 GB."""
    power = min(len(_SIZES) - 1, (len(str(int(count))) - 1) // 3)
    value = round(count / 1000**power, 1) if power else count
    return format_unit(value, f"digital-{_SIZES[power]}", "short" if power else "long", locale=_locale())


@register.filter
def run_name(rule: str, store: str = "") -> str:
    """What a run of the erasure is about."""
    return run_words(rule, store)


@register.filter
def moment(value: datetime | None, form: str = "") -> SafeString | str:
    """A point in time in the reader's zone, to the minute.

    ``seconds`` adds them, ``minute`` names the zone, ``zone`` does both. Who has chosen no zone, and whatever is not a
    page, has the operator's.
    """
    if value is None:
        return ""
    local = value.astimezone(_reader_zone())
    clock = local.strftime("%H:%M:%S" if form in {"seconds", "zone"} else "%H:%M")
    zone = f" {local.tzname()}" if form in {"minute", "zone"} else ""
    text = f"{format_date(local, 'long', locale=_locale())}, {clock}{zone}"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), text)


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """A calendar day; a point in time becomes the day it falls on in the operator's zone."""
    if value is None:
        return ""
    when = value.astimezone(legal_zone()).date() if isinstance(value, datetime) else value
    return format_html('<time datetime="{}">{}</time>', when.isoformat(), format_date(when, "long", locale=_locale()))


@register.filter
def legal_moment(value: datetime | None) -> SafeString | str:
    """A deadline in the operator's zone, named by its city: "1 December 2026, 00:00 (Vilnius)"."""
    if value is None:
        return ""
    zone = legal_zone()
    local = value.astimezone(zone)
    city = zone.key.rpartition("/")[2].replace("_", " ")
    text = f"{format_date(local, 'long', locale=_locale())}, {local:%H:%M} ({city})"
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), text)


@register.filter
def next_month_name(boundary: datetime) -> str:
    """The month that begins at a boundary, as in "December 2026"."""
    return str(format_skeleton("yMMMM", boundary.astimezone(legal_zone()).date(), locale=_locale()))


@register.filter
def interval_words(interval: str) -> str:
    """How a plan is paid."""
    return str(_INTERVALS.get(interval, interval))


@register.filter
def change_state(state: str) -> str:
    """What became of a change that was asked for."""
    return str(_CHANGES.get(state, state))


@register.filter
def bare_label(label: str) -> str:
    """A field's label before a colon: a declaration's full stop and a question's mark would be two signs in a row."""
    return str(label).rstrip(".?:")


@register.filter
def day_of_month(value: date) -> str:
    """Day and month, as in "23 November"."""
    return format_skeleton("MMMMd", value, locale=_locale())


@register.filter
def month_name(value: date) -> str:
    """Month and year, as in "November 2026"."""
    return format_skeleton("yMMMM", value, locale=_locale())
