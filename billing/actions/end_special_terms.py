"""End what was signed for one customer."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from billing.models import BillingPeriod, SpecialTerms
from billing.rules.agreements import may_start_on
from billing.rules.periods import legal_date
from kernel.actor import Actor
from kernel.audit import record
from kernel.clock import legal_zone
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.outbox import emit


class SpecialTermsEndUnfit(Refusal):
    """They have an end, or the end would change a month that is open."""

    code = "special_terms_end_unfit"
    status = 409
    title = _("Special terms without an end can be ended with a month whose billing period is not open yet.")


def end_special_terms(*, actor: Actor, special_terms_id: str, ends_on: date, now: datetime) -> None:
    """Let the price list hold again from `ends_on`, the first of a month to come (B17). Staff only.

    The customer is told. Emits `special_terms.ended`. Raises `Forbidden`, `NotFound`, `SpecialTermsEndUnfit`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    with transaction.atomic():
        terms = SpecialTerms.objects.select_for_update(no_key=True).filter(pk=special_terms_id).first()
        if terms is None:
            raise NotFound
        last = BillingPeriod.objects.filter(customer_id=terms.customer_id).aggregate(end=Max("ends_at"))["end"]
        zone = legal_zone()
        in_time = may_start_on(ends_on, today=legal_date(now, zone), opened_until=last and legal_date(last, zone))
        if terms.ends_on is not None or not in_time or ends_on <= terms.starts_on:
            raise SpecialTermsEndUnfit
        terms.ends_on = ends_on
        terms.save(update_fields=["ends_on"])
        _tell(actor, terms, {"ends_on": ends_on.isoformat()}, now)


def _tell(actor: Actor, terms: SpecialTerms, facts: dict[str, str], now: datetime) -> None:
    customer_id, subject = terms.customer_id, terms.id
    record(actor=actor, action="special_terms.ended", now=now, customer_id=customer_id, subject=subject, details=facts)
    emit("special_terms.ended", now=now, customer_id=customer_id, subject=subject, payload=facts)
    give_notice(
        kind="special_terms.ended",
        customer_id=customer_id,
        now=now,
        permission="billing.read",
        subject=subject,
        facts=facts,
    )
