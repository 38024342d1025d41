"""Keep what both sides signed for one customer instead of the price list."""

from dataclasses import asdict
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.queries import find_customer
from billing.actions.publish_plan_version import NegativePrice
from billing.models import BillingPeriod, SpecialTerms
from billing.rules.agreements import LARGEST_DOCUMENT, is_pdf, may_start_on
from billing.rules.periods import legal_date
from billing.rules.rating import SpecialTerms as Overrides
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import Forbidden, Refusal
from kernel.outbox import emit


class SpecialTermsTooLate(Refusal):
    """Prices of a month that has been opened do not change."""

    code = "special_terms_too_late"
    title = _("Special terms begin on the first of a month that is not over and whose billing period is not open yet.")


class SpecialTermsEmpty(Refusal):
    code = "special_terms_empty"
    title = _("Say at least one price or quantity that was agreed, and dates in their order.")


class SpecialTermsExist(Refusal):
    code = "special_terms_exist"
    status = 409
    title = _("There are special terms from that day, or later ones, already.")


class DocumentNotFit(Refusal):
    """Not a PDF by its bytes, empty or too large."""

    code = "signed_document_unfit"
    title = _("The signed document is a PDF of at most 10 MB.")


def record_special_terms(
    *,
    actor: Actor,
    customer_id: str,
    overrides: Overrides,
    starts_on: date,
    ends_on: date | None,
    signed_on: date,
    document: bytes,
    document_name: str,
    now: datetime,
) -> str:
    """Let what was signed hold for a customer in the months from `starts_on` to before `ends_on` (B17). Staff only.

    What held before without an end ends when this begins. The customer is told. Returns the id of the agreement. Emits
    `special_terms.recorded`.

    Raises `Forbidden`, `NotFound`, `DocumentNotFit`, `SpecialTermsEmpty`, `NegativePrice`, `SpecialTermsTooLate`,
    `SpecialTermsExist`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    if not 0 < len(document) <= LARGEST_DOCUMENT or not is_pdf(document):
        raise DocumentNotFit
    values = {name: value for name, value in asdict(overrides).items() if value is not None}
    today = legal_date(now, legal_zone())
    if not values or signed_on > today or (ends_on is not None and (ends_on <= starts_on or ends_on.day != 1)):
        raise SpecialTermsEmpty
    if any(value < 0 for value in values.values()):
        raise NegativePrice
    try:
        with transaction.atomic():
            _hold(customer_id)
            if not may_start_on(starts_on, today=today, opened_until=_opened_until(customer_id)):
                raise SpecialTermsTooLate
            _end_before(customer_id, starts_on)
            terms = SpecialTerms.objects.create(
                customer_id=customer_id,
                starts_on=starts_on,
                ends_on=ends_on,
                signed_on=signed_on,
                document=document,
                document_name=document_name[-200:],
                document_sha256=sha256(document).hexdigest(),
                recorded_at=now,
                recorded_by=actor.name,
                **values,
            )
            _tell(actor, terms, now)
    except IntegrityError as error:
        raise SpecialTermsExist from error
    return str(terms.id)


_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended('billing.periods:' || %s, 0))"


def _hold(customer_id: str) -> None:
    """Under the lock of whoever opens a period, so that none is opened at other prices meanwhile."""
    find_customer(customer_id)
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [customer_id])


def _opened_until(customer_id: str) -> date | None:
    last = BillingPeriod.objects.filter(customer_id=customer_id).aggregate(end=Max("ends_at"))["end"]
    return last and legal_date(last, legal_zone())


def _end_before(customer_id: str, starts_on: date) -> None:
    known = SpecialTerms.objects.filter(customer_id=customer_id)
    if known.filter(starts_on__gte=starts_on).exists() or known.filter(ends_on__gt=starts_on).exists():
        raise SpecialTermsExist
    known.filter(ends_on=None).update(ends_on=starts_on)


def _tell(actor: Actor, terms: SpecialTerms, now: datetime) -> None:
    days = {"starts_on": terms.starts_on.isoformat(), "ends_on": terms.ends_on.isoformat() if terms.ends_on else ""}
    facts: dict[str, Any] = {**days, "sha256": terms.document_sha256}
    customer_id, subject = terms.customer_id, terms.id
    record(
        actor=actor, action="special_terms.recorded", now=now, customer_id=customer_id, subject=subject, details=facts
    )
    emit("special_terms.recorded", now=now, customer_id=customer_id, subject=subject, payload=days)
    give_notice(
        kind="special_terms.recorded",
        customer_id=customer_id,
        now=now,
        permission="billing.read",
        subject=subject,
        facts={name: day for name, day in days.items() if day} | {"document": terms.document_name, "terms": subject},
    )
