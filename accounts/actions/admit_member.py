"""Makes a registered person a member by the operator's hand, without an invitation."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.actions._invitations import AlreadyMember
from accounts.models import Membership
from accounts.rules.permissions import Role
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden


def admit_member(*, actor: Actor, customer_id: str, person_id: int, role: Role, now: datetime) -> Membership:
    """The new membership. Only for the operator: members invite (clause C2). Raises `Forbidden`, `AlreadyMember`."""
    if actor.kind not in {"system", "staff"}:
        raise Forbidden
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                customer_id=customer_id, person_id=person_id, role=role, created_at=now
            )
            audit.record(
                actor=actor,
                action="member.admitted",
                now=now,
                customer_id=customer_id,
                subject=membership.id,
                details={"name": str(membership), "role": role},
            )
    except IntegrityError as error:
        raise AlreadyMember from error
    return membership
