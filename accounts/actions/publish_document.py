"""Announces a version of a legal document, in all its languages at once (clause D10)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import LegalDocument
from accounts.queries.documents import readable_text
from accounts.rules.documents import (
    LEADING_LANGUAGE,
    PUBLIC,
    Audience,
    earliest_effect,
    next_version,
)
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import FieldError, Forbidden, InvalidInput, Refusal


class AnnouncedTooLate(Refusal):
    """Whoever is bound by a text has 30 days to read it first."""

    code = "announced_too_late"
    title = _("A new version takes effect 30 days after it is announced at the earliest.")


class TextNotReadable(Refusal):
    """A text without a title, or with a placeholder that stands for nothing."""

    code = "text_not_readable"
    title = _("The text begins with “# ” and its title, and names only placeholders that are known.")


class AnnouncedAlready(Refusal):
    """Another version of this kind was announced at the same moment."""

    code = "announced_already"
    status = 409
    title = _("Somebody has just announced another version. Please look at it first.")


def publish_document(
    *,
    actor: Actor,
    kind: str,
    audience: str,
    country: str,
    texts: Mapping[str, str],
    effective_on: date,
    needs_acceptance: bool,
    now: datetime,
) -> LegalDocument:
    """Announce `texts` (by language, each with its title, placeholders filled here) as the next version of `kind`.

    It holds from the legal day `effective_on`, 30 days from now at the earliest unless nothing of the kind held before,
    and nobody can change it any more. Customers are told and the files sealed by what follows the event
    `legal_document.announced`. Staff only. Returns the leading text.

    Raises `Forbidden`, `InvalidInput` (kind, audience, country, no English text), `TextNotReadable`,
    `AnnouncedTooLate`, `AnnouncedAlready`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    _refuse_misfits(kind, audience, country, texts)
    readable = _readable(texts)
    announced_on = legal_date(now)
    known = set(LegalDocument.objects.filter(kind=kind).values_list("version", flat=True))
    earliest = earliest_effect(announced_on, first_of_kind=not known)
    if effective_on < earliest:
        raise AnnouncedTooLate(errors=[FieldError("/effective_on", AnnouncedTooLate.code, str(AnnouncedTooLate.title))])
    version = next_version(known, effective_on)
    try:
        with transaction.atomic():
            rows = [
                LegalDocument.objects.create(
                    kind=kind,
                    audience=audience,
                    country=country,
                    language=language,
                    version=version,
                    title=title,
                    text=text,
                    sha256=hashlib.sha256(text.encode()).hexdigest(),
                    announced_at=now,
                    announced_on=announced_on,
                    effective_on=effective_on,
                    first=not known,
                    needs_acceptance=needs_acceptance,
                )
                for language, (title, text) in sorted(readable.items())
            ]
            return _tell(actor, rows, now)
    except IntegrityError as error:
        raise AnnouncedAlready from error


def _tell(actor: Actor, rows: list[LegalDocument], now: datetime) -> LegalDocument:
    leading = next(row for row in rows if row.language == LEADING_LANGUAGE)
    facts = {
        "kind": leading.kind,
        "version": leading.version,
        "audience": leading.audience,
        "country": leading.country,
        "languages": [row.language for row in rows],
        "effective_on": leading.effective_on.isoformat(),
        "needs_acceptance": leading.needs_acceptance,
    }
    hashes = {row.language: row.sha256 for row in rows}
    details = facts | {"sha256": hashes}
    audit.record(actor=actor, action="legal_document.announced", now=now, subject=leading.id, details=details)
    outbox.emit("legal_document.announced", now=now, customer_id=None, subject=leading.id, payload=facts)
    return leading


def _readable(texts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Title and body by language."""
    found = {}
    for language, text in texts.items():
        try:
            found[language] = readable_text(text, language)
        except (KeyError, ValueError) as error:
            field = FieldError(f"/text_{language}", TextNotReadable.code, f"{TextNotReadable.title} ({error.args[0]})")
            raise TextNotReadable(errors=[field]) from error
    return found


def _refuse_misfits(kind: str, audience: str, country: str, texts: Mapping[str, str]) -> None:
    wrong = []
    if kind not in {each.value for each in PUBLIC}:
        wrong.append("kind")
    if audience not in {each.value for each in Audience}:
        wrong.append("audience")
    if country and not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        wrong.append("country")
    if LEADING_LANGUAGE not in texts:
        wrong.append(f"text_{LEADING_LANGUAGE}")
    if wrong:
        raise InvalidInput(errors=[FieldError(f"/{name}", "does_not_fit", str(InvalidInput.title)) for name in wrong])
