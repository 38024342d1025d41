"""Seals a sample without delivering it: the operator's proof that HSM, certificate and timestamp work together."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sealing.formats.independent import verify_independently
from sealing.formats.sample import sample_pdf
from sealing.gateways.engine import MadeSeal, SealOrder, Source, make_seal
from trust.gateways.chains import trust_anchors
from trust.queries import certificate_to_try


class SampleNotValid(Exception):
    """A second implementation does not accept the seal of the sample."""


def try_seal(*, clock: Callable[[], datetime]) -> MadeSeal:
    """Seal a sample at B-LT and have pyHanko's own validation accept it. Nothing is stored, nothing is charged.

    Raises the refusals and outages of sealing, and `SampleNotValid`.
    """
    certificate = certificate_to_try(now=clock())
    sample = sample_pdf()
    digest = hashlib.sha256(sample).hexdigest()
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        source, target = Path(folder, "sample.pdf"), Path(folder, "sealed.pdf")
        source.write_bytes(sample)
        order = SealOrder(
            sources=(Source(source, source.name, "application/pdf", len(sample), digest),),
            target=target,
            format="pades",
            level="B-LT",
            certificate=certificate,
            reason="",
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
    if not all(verdict.passed for verdict in verdicts):
        raise SampleNotValid(str(verdicts))
    return made
