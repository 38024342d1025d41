"""Refuses a request on a ground that the law knows."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kernel.actor import Actor
from kernel.errors import Refusal
from privacy.actions._rights import held_request, move, tell
from privacy.actions._staff import require_staff, wrong
from privacy.models import RightsRequest
from privacy.rules.rights import RefusalGround, RequestState, may_refuse


class RightsGroundNotPossible(Refusal):
    """The law does not let this kind of request be refused so, where it stands."""

    code = "rights_ground_not_possible"
    status = 409
    title = _("This is no ground here: identity counts until it is shown, and Article 17 against erasure alone.")


def refuse_rights_request(
    *, actor: Actor, request_id: str, ground: RefusalGround, words: str, now: datetime
) -> RightsRequest:
    """The request, refused for good with a ground and in `words`; the letter names authority and courts (GDPR 12 (4)).

    Raises `Forbidden` for anybody but staff, `NotFound`, `InvalidInput` without words, `RightsGroundNotPossible`.
    """
    require_staff(actor)
    if not words.strip():
        raise wrong("words", "required", _t("The requester has to be told why."))
    with transaction.atomic():
        row = held_request(request_id)
        if not may_refuse(row.facts, ground):
            raise RightsGroundNotPossible
        row.refusal_ground, row.answer = ground.value, words.strip()
        move(actor, row, RequestState.REFUSED, now=now)
        tell(row, "refused", now=now, payload={"letter": "refused"})
    return row
