"""Puts the operator's seal on the answer to a request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext, override

from kernel.clock import legal_zone
from kernel.errors import NotFound
from kernel.printing import print_pdf
from privacy.models import RightsRequest
from privacy.queries.rights import answer_of
from sealing.actions.seal_statement import seal_statement


def seal_rights_answer(*, request_id: str, clock: Callable[[], datetime]) -> None:
    """Keep the answer or refusal as a sealed PDF in the requester's language (D1). Made once; safe to run twice.

    It costs nothing. Must not run inside a transaction. Raises `NotFound` for what is not decided, and to be tried
    again `OperatorSealMissing` and the outages of sealing.
    """
    row = RightsRequest.objects.filter(id=request_id, state__in=["answered", "refused"]).first()
    if row is None:
        raise NotFound
    if row.answer_sha256:
        return
    with override(row.language):
        context = {
            "request": row,
            "answer": answer_of(row),
            "operator_name": settings.OPERATOR_NAME,
            "zone": legal_zone(),
        }
        printed = print_pdf("print/rights_answer.html", context)
        sealed = seal_statement(pdf=printed, reason=gettext("Answer to a request about personal data"), clock=clock)
    digest = hashlib.sha256(sealed).hexdigest()
    RightsRequest.objects.filter(id=request_id, answer_sha256="").update(answer_pdf=sealed, answer_sha256=digest)
