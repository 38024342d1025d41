"""Verification in a sandbox of its own, so that strangers' files never make a customer's seal wait."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from kernel.errors import Outage
from sealing.formats.keys import ValidationMaterial
from sealing.formats.sandbox import Sandbox, SandboxLimits, SandboxUnavailable
from sealing.formats.verification.findings import Verification
from sealing.formats.verification.trust import Anchors
from sealing.gateways.engine import EngineUnavailable
from trust.gateways.chains import trust_anchors
from trust.queries import CertificateEvidence

# One file may cost this much. The longest file of a collection of real ones takes a twentieth of it.
LIMITS = SandboxLimits(cpu_seconds=8, wall_seconds=9.0)
_AT_ONCE = 3
_LONGEST_WAIT_SECONDS = 5.0
_places = threading.BoundedSemaphore(_AT_ONCE)


class VerificationBusy(Outage):
    """Too many files are being verified in this process; a moment later there will be room."""

    code = "verification_busy"


@cache
def _sandbox() -> Sandbox:
    return Sandbox(resources=LIMITS)


def verify_file(
    path: Path,
    *,
    now: datetime,
    digests: Mapping[str, bytes] | None = None,
    lent: Sequence[CertificateEvidence] = (),
) -> Verification:
    """Verify a file as of `now` against the operator's anchors, live and test.

    `digests`, by algorithm, are those of the document that a detached signature is about; `lent` is evidence that
    counts as if the file carried it. Raises `VerificationBusy` and `EngineUnavailable`, and nothing on account of the
    file.
    """
    anchors = Anchors(trust_anchors(live=True), trust_anchors(live=False))
    if not _places.acquire(timeout=_LONGEST_WAIT_SECONDS):
        raise VerificationBusy(_("Many files are being verified right now; try again in a moment."))
    try:
        return _sandbox().verify_file(path, anchors, now, lent=_material(lent), digests=digests)
    except SandboxUnavailable as unavailable:
        raise EngineUnavailable(_("Our own engine cannot be started; we were alerted.")) from unavailable
    finally:
        _places.release()


def _material(evidence: Sequence[CertificateEvidence]) -> ValidationMaterial:
    return ValidationMaterial(
        tuple(der for each in evidence for der in each.certificates),
        tuple(der for each in evidence for der in each.ocsps),
        tuple(der for each in evidence for der in each.crls),
    )
