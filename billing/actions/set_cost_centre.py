"""Name the cost centre of a member or an API token."""

from datetime import datetime

from django.db import transaction

from billing.models import CostCentre
from billing.queries.cost_centres import has_ordered
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import NotFound

LONGEST_NAME = 80


@transaction.atomic
def set_cost_centre(*, actor: Actor, orderer_id: str, name: str, now: datetime) -> None:
    """From now on add up what a member or an API token of the customer uses, in every month, under `name`.

    An empty name takes it away. Raises `Forbidden`, and `NotFound` for a stranger's id, or of one that used nothing.
    """
    actor.require("billing.manage")
    if not has_ordered(customer_id=actor.customer, orderer_id=orderer_id):
        raise NotFound
    name = " ".join(name.split())[:LONGEST_NAME]
    if name:
        CostCentre.objects.update_or_create(customer_id=actor.customer, orderer_id=orderer_id, defaults={"name": name})
    else:
        CostCentre.objects.filter(customer_id=actor.customer, orderer_id=orderer_id).delete()
    facts = {"name": name, "orderer": orderer_id}
    record(actor=actor, action="cost_centre.named", now=now, subject=orderer_id, details=facts)
