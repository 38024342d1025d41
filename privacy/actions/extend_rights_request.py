"""Takes two more months for a request, while that is allowed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import Refusal
from privacy.actions._rights import held_request, move, tell
from privacy.actions._staff import require_staff, wrong
from privacy.models import RightsRequest
from privacy.rules.rights import RequestState, extended_due_on, may_extend


class RightsExtensionTooLate(Refusal):
    """The requester has to know of an extension within the first period, and of one only."""

    code = "rights_extension_too_late"
    status = 409
    title = _("A request is extended once, and not after its first due date. Answer it, with what is known.")


def extend_rights_request(*, actor: Actor, request_id: str, reasons: str, now: datetime) -> RightsRequest:
    """The request with its last day two months later; the requester is told at once, with `reasons` (GDPR 12 (3)).

    Raises `Forbidden` for anybody but staff, `NotFound`, `InvalidInput` without reasons, `RightsExtensionTooLate`.
    """
    require_staff(actor)
    if not reasons.strip():
        raise wrong("reasons", "required", _t("The requester has to be told why."))
    with transaction.atomic():
        row = held_request(request_id)
        if not may_extend(row.facts, today=legal_date(now)):
            raise RightsExtensionTooLate
        row.extended_at, row.extension_reasons = now, reasons.strip()
        row.extended_due_on = extended_due_on(row.due_on)
        row.reminded = []
        move(actor, row, RequestState.EXTENDED, now=now)
        tell(row, "extended", now=now, payload={"letter": "extended"})
    return row
