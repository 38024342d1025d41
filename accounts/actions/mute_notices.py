"""Chooses which notices a member does not want as mail."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import Membership
from accounts.rules.notices import mutable_topics
from kernel import audit
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput


def mute_notices(*, actor: Actor, topics: Collection[str], now: datetime) -> None:
    """From now on the member gets no mail of these topics and of all others does (clause E8).

    What the contract or the law wants sent is sent all the same. Raises `InvalidInput` for a topic whose mail cannot be
    muted.
    """
    if unknown := sorted(set(topics) - set(mutable_topics())):
        raise InvalidInput(errors=[FieldError("/topics", "invalid_value", each) for each in unknown])
    with transaction.atomic():
        member = Membership.objects.select_for_update(no_key=True).get(id=actor.id, customer_id=actor.customer)
        before, member.muted_topics = member.muted_topics, sorted(topics)
        member.save(update_fields=["muted_topics"])
        facts = {"from": before, "to": member.muted_topics}
        audit.record(actor=actor, action="notice.muted", now=now, subject=member.id, details=facts)
