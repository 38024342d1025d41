"""A member leaves by themself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions._standing import apply, held_member
from accounts.models import Membership
from kernel.actor import Actor
from kernel.errors import FieldError, Forbidden, Refusal


class CustomerNotConfirmed(Refusal):
    code = "customer_not_confirmed"
    title = _("This is not the name of the customer, so nothing was changed.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/name", self.code, str(self.title))])


def leave_customer(*, actor: Actor, confirmed_name: str, now: datetime) -> Membership:
    """The ended membership of the member who acts (clause C2). No permission is needed to go.

    `confirmed_name` is the customer's name, typed by a person. Raises `Forbidden` for anybody but a member,
    `NotFound`, `CustomerNotConfirmed` and `LastOwner`.
    """
    if actor.kind != "member":
        raise Forbidden
    with transaction.atomic():
        member = held_member(actor, actor.id, within={Membership.Status.ACTIVE})
        if confirmed_name.strip() != member.customer.name.strip():
            raise CustomerNotConfirmed
        status = Membership.Status.ENDED
        apply(actor, member, event="member.left", now=now, status=status, by_owner=True)
    return member
