"""Ends a seal whose job is given up: its deadline passed, or its workers kept dying on it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from kernel import jobs
from kernel.errors import NotFound
from kernel.jobs import ClaimedJob
from sealing.actions._status import end_seal
from sealing.models import Seal
from sealing.rules.seal_states import FINAL, SealStatus


def give_up_seal(*, job: ClaimedJob, seal_id: str, now: datetime) -> None:
    """Fail the seal, unbilled: with the outage that delayed it past its deadline, or as too complex to finish."""
    seal = Seal.objects.filter(id=seal_id).first()
    if seal is None:
        raise NotFound
    if seal.status in FINAL:
        jobs.finish(job)
    elif job.overdue:
        detail = seal.delay_detail or _("The seal was not finished in time.")
        end_seal(job, seal, SealStatus.FAILED, seal.delay_code or "deadline_passed", detail, now=now)
    else:
        detail = _("Sealing this document failed repeatedly on our side. Nothing was charged.")
        end_seal(job, seal, SealStatus.FAILED, "internal_error", detail, now=now)
