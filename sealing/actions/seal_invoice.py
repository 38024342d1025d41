"""Seals a finalised invoice with the operator's own certificate, and has it filed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from billing.actions.file_invoice import file_invoice
from billing.queries.invoice_printing import printed_invoice
from kernel.actor import Actor
from sealing.actions._operator import sealed_by_operator


def seal_invoice(*, actor: Actor, invoice_id: str, clock: Callable[[], datetime]) -> None:
    """Print, seal at B-LT and file it; nothing happens when it is filed.

    It is no transaction of any customer's (clause A1) and is not charged. Raises NotFound for what is not finalised,
    `OperatorSealMissing` and the outages of sealing, to be tried again: the invoice keeps its number and waits.
    """
    printed = printed_invoice(invoice_id, now=clock())
    if printed is None:
        return
    sealed = sealed_by_operator(printed.pdf, reason=printed.seal_reason, clock=clock)
    file_invoice(actor=actor, invoice_id=invoice_id, pdf=sealed, ubl=printed.ubl, cii=printed.cii, now=clock())
