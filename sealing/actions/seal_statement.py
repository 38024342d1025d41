"""Puts the operator's seal on something that the operator states and was asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sealing.actions._operator import operators_certificate, sealed_by_operator


def seal_statement(*, pdf: bytes | Callable[[], bytes], reason: str, clock: Callable[[], datetime]) -> bytes:
    """The printed statement with the operator's seal at B-LT; `pdf` may print it, which nobody does in vain then.

    It is no transaction of any customer's (clause A1) and is not charged. Must not run inside a transaction. Raises
    `OperatorSealMissing` and the outages of sealing.
    """
    operators_certificate(clock())
    return sealed_by_operator(pdf if isinstance(pdf, bytes) else pdf(), reason=reason, clock=clock)
