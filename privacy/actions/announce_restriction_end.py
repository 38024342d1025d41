"""One of staff announces that a restriction ends."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kernel import audit
from kernel.actor import Actor
from kernel.errors import Refusal
from privacy.actions._rights import held_request, log, tell
from privacy.actions._staff import require_staff, wrong
from privacy.models import Restriction


class RestrictionNotInForce(Refusal):
    """Nothing is restricted by this request, or its end is announced already."""

    code = "restriction_not_in_force"
    status = 409
    title = _("Nothing is restricted by this request, or its end is announced already.")


def announce_restriction_end(*, actor: Actor, request_id: str, reasons: str, now: datetime) -> Restriction:
    """The restriction, which goes on until a week after its requester was written to, with `reasons` (GDPR 18 (3)).

    Raises `Forbidden` for anybody but staff, `NotFound`, `InvalidInput` without reasons, `RestrictionNotInForce`.
    """
    require_staff(actor)
    if not reasons.strip():
        raise wrong("reasons", "required", _t("The requester has to be told why."))
    with transaction.atomic():
        row = held_request(request_id)
        restriction = Restriction.objects.filter(request=row, end_announced_at=None).first()
        if restriction is None:
            raise RestrictionNotInForce
        restriction.end_reasons, restriction.end_announced_at = reasons.strip(), now
        restriction.save(update_fields=["end_reasons", "end_announced_at"])
        log(actor, row, "end_announced", now=now)
        details = {"number": row.number}
        audit.record(actor=actor, action="rights_request.end_announced", now=now, subject=row.id, details=details)
        tell(row, "end_announced", now=now, payload={"letter": "restriction_ends"})
    return restriction
