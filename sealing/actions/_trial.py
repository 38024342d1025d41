"""A seal of the operator's own, on a PDF that is no customer's document: made like any other, verified twice."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sealing.formats.independent import verify_independently
from sealing.gateways.engine import MadeSeal, SealOrder, Source, make_seal
from trust.gateways.chains import trust_anchors
from trust.queries import SealingCertificate


class SampleNotValid(Exception):
    """A second implementation does not accept the seal."""


def seal_and_verify(
    pdf: bytes, *, certificate: SealingCertificate, clock: Callable[[], datetime], reason: str = ""
) -> tuple[MadeSeal, bytes]:
    """Seal at B-LT and have pyHanko's own validation accept it: what is known of the seal, and the sealed file.

    Raises the refusals and outages of sealing, and SampleNotValid.
    """
    with tempfile.TemporaryDirectory(prefix="sealport-trial-") as folder:
        source, target = Path(folder, "sample.pdf"), Path(folder, "sealed.pdf")
        source.write_bytes(pdf)
        digest = hashlib.sha256(pdf).hexdigest()
        order = SealOrder(
            sources=(Source(source, source.name, "application/pdf", len(pdf), digest),),
            target=target,
            format="pades",
            level="B-LT",
            certificate=certificate,
            reason=reason,
            location="",
            contact="",
            certify=True,
        )
        made = make_seal(order, clock=clock)
        verdicts = verify_independently(
            target,
            trust_anchors(live=certificate.live),
            level=order.level,
            now=clock(),
            known_certificates=certificate.chain,
        )
        sealed = target.read_bytes()
    if not all(verdict.passed for verdict in verdicts):
        raise SampleNotValid(str(verdicts))
    return made, sealed
