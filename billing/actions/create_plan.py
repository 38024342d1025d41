"""Add a plan to the catalogue; its prices are a version of it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.models import Plan
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Forbidden, Refusal


class PlanExists(Refusal):
    code = "plan_exists"
    status = 409
    title = _("There is a plan with this code or in this place already.")


def create_plan(
    *, actor: Actor, code: str, name: str, position: int, public: bool, long_notice: bool, now: datetime
) -> None:
    """Name a plan; nobody can choose it before a version with prices has begun (B1). Staff only.

    `position` is its place on the price list, where it stands only if it is `public`; on others staff put customers.
    `long_notice`: an API service or enterprise plan, whose prices rise three months after notice (B6).

    Raises `Forbidden`, `PlanExists`.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    try:
        with transaction.atomic():
            Plan.objects.create(code=code, name=name, position=position, public=public, long_notice=long_notice)
            facts = {"name": name, "public": public}
            record(actor=actor, action="plan.created", now=now, subject=code, details=facts)
    except IntegrityError as error:
        raise PlanExists from error
