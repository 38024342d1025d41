"""Writes down what a breach means: whose data, how many, how bad, and what is done about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.actor import Actor
from privacy.actions._breaches import held_breach, note
from privacy.actions._staff import require_staff
from privacy.actions._staff import wrong as _wrong
from privacy.models import DataBreach
from privacy.rules.breaches import Risk


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the authority is told (GDPR 33 (3)): categories, numbers of people and records if known, consequences.

    `risk` is a `Risk`, and `risk_reasons` why it is thought so.
    """

    risk: str
    risk_reasons: str
    categories: str
    people: int | None
    records: int | None
    consequences: str
    measures: str


def assess_breach(*, actor: Actor, breach_id: str, assessment: Assessment, now: datetime) -> DataBreach:
    """The breach as it is judged now; it may be judged anew while it is open (clause E7).

    Raises `Forbidden` for anybody but staff, `NotFound`, `BreachClosed`, and `InvalidInput` without reasons.
    """
    require_staff(actor)
    if assessment.risk not in set(Risk) or not assessment.risk_reasons.strip():
        raise _wrong("risk_reasons", "required", _("Write why you judge the risk so: the authority may ask."))
    with transaction.atomic():
        row = held_breach(breach_id)
        for name, value in asdict(assessment).items():
            setattr(row, name, value)
        row.assessed_at = now
        row.save(update_fields=[*asdict(assessment), "assessed_at"])
        note(actor, row, "breach.assessed", now=now, risk=row.risk)
    return row
