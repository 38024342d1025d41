"""Staff open a case for somebody who asks for a change at a customer; the customer's owners know at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions._cases import give_case_notice, require_staff, tell
from accounts.models import Case, Customer
from accounts.rules.cases import CaseKind
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, Refusal


class CaseExists(Refusal):
    """One case of a kind at a time."""

    code = "case_exists"
    status = 409
    title = gettext_lazy("There is an open case of this kind for the customer already.")


@dataclass(frozen=True, slots=True)
class AskedBy:
    """Who asked: by name, how they are reached, and as what they speak, such as a member of the board."""

    name: str
    contact: str
    capacity: str


def open_case(
    *,
    actor: Actor,
    kind: CaseKind,
    customer_id: str,
    asked_by: AskedBy,
    facts: Mapping[str, Any],
    now: datetime,
    wanted_at: datetime | None = None,
) -> Case:
    """The case (clauses C4, C12); `facts` as in `models.Case`, `wanted_at` the earliest moment of a transfer (UTC).

    Raises `Forbidden` for anybody but staff, `InvalidInput`, `CaseExists`.
    """
    require_staff(actor)
    customer = Customer.objects.filter(id=customer_id).exclude(status=Customer.Status.CLOSED).first()
    if customer is None:
        raise InvalidInput(errors=[FieldError("/customer", "not_found", _("There is no customer with this id."))])
    try:
        with transaction.atomic():
            case = Case.objects.create(
                kind=kind.value,
                customer=customer,
                asked_by_name=asked_by.name,
                asked_by_contact=asked_by.contact,
                asked_by_capacity=asked_by.capacity,
                facts=dict(facts),
                wanted_at=wanted_at,
                opened_by_id=int(actor.person),
                opened_by_name=actor.name,
                opened_at=now,
            )
            who = {"asked_by": asked_by.name, "capacity": asked_by.capacity}
            tell(actor, case, "case.opened", now=now, details={**who, **facts})
            give_case_notice(case, "case.opened", now=now)
    except IntegrityError as error:
        if "case_open_once" in str(error):
            raise CaseExists from error
        raise
    return case
