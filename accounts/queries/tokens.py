"""API tokens as seen by themselves."""

from __future__ import annotations

from accounts.models import ApiToken
from kernel.actor import Actor
from kernel.errors import NotFound


def own_token(actor: Actor) -> ApiToken:
    """The token that acts; raises `NotFound` for an actor that is none."""
    found = ApiToken.objects.filter(id=actor.id, customer_id=actor.customer).first()
    if found is None:
        raise NotFound
    return found
