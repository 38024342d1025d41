"""Puts the operator's seal on a list of digests, and so on every file that it names."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sealing.actions._operator import operators_certificate
from sealing.gateways.engine import SealOrder, Source, make_seal


def seal_list(*, name: str, digest: str, clock: Callable[[], datetime]) -> bytes:
    """A detached CAdES signature at B-LT (DER) over the file `name` whose SHA-256 (hex) is `digest`.

    Checked before it is given out. It is no transaction of any customer's (clause A1) and is not charged. Must not run
    inside a transaction. Raises `OperatorSealMissing` and the outages of sealing.
    """
    certificate = operators_certificate(clock())
    with tempfile.TemporaryDirectory(prefix="sealport-list-") as folder:
        target = Path(folder, "seal.p7s")
        order = SealOrder(
            sources=(Source(None, name, "text/plain", None, digest),),
            target=target,
            format="cades",
            level="B-LT",
            certificate=certificate,
            reason="",
            location="",
            contact="",
            certify=False,
        )
        make_seal(order, clock=clock)
        return target.read_bytes()
