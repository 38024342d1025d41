"""States under the operator's seal what bound a customer on a day (clauses C5, D10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from kernel import audit
from kernel.actor import Actor
from kernel.clock import legal_date, legal_zone
from kernel.printing import print_pdf
from privacy.queries.binding import binding_of, binding_on
from sealing.actions.seal_statement import seal_statement


def state_binding(*, actor: Actor, customer_id: str, on: date, clock: Callable[[], datetime]) -> bytes:
    """A sealed PDF in the reader's language; it is not kept, and the audit trail says that it was made.

    Staff name any customer, members their own. It costs nothing. Must not run inside a transaction. Raises `Forbidden`,
    `NotFound`, `OperatorSealMissing` and the outages of sealing.
    """
    now = clock()
    today = legal_date(now)
    if actor.kind == "staff":
        binding = binding_on(customer_id, on=on, today=today)
    else:
        binding = binding_of(actor, on=on, today=today)
    context = {
        "binding": binding,
        "is_to_come": on > today,
        "stated_at": now,
        "operator_name": settings.OPERATOR_NAME,
        "zone": legal_zone(),
    }
    printed = print_pdf("print/binding.html", context)
    sealed = seal_statement(pdf=printed, reason=_("Statement of the documents that bound a customer"), clock=clock)
    audit.record(
        actor=actor,
        action="legal_document.stated",
        now=clock(),
        customer_id=binding.customer_id,
        subject=binding.customer_id,
        details={"on": on.isoformat()},
    )
    return sealed
