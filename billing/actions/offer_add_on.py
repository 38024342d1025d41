"""Stop offering an additional service, or offer it again."""

from datetime import datetime

from django.db import transaction

from billing.models import AddOn
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Forbidden, NotFound


def offer_add_on(*, actor: Actor, code: str, offered: bool, now: datetime) -> None:
    """Let a service be ordered from now on, or no longer; what was ordered goes on (B8). Staff only.

    Raises `Forbidden`, `NotFound`, the latter also for one that is as wanted already.
    """
    if actor.kind not in {"staff", "system"}:
        raise Forbidden
    with transaction.atomic():
        add_on = AddOn.objects.select_for_update().filter(pk=code, offered=not offered).first()
        if add_on is None:
            raise NotFound
        add_on.offered = offered
        add_on.save(update_fields=["offered"])
        action = "add_on.offered" if offered else "add_on.withdrawn"
        facts = {"name": add_on.name}
        record(actor=actor, action=action, now=now, customer_id=add_on.customer_id, subject=code, details=facts)
