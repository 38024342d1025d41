"""Reads the mailbox into which undeliverable mail comes back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from accounts.actions.record_bounce import record_bounce
from accounts.gateways.bounces import file_report, reports_in


def collect_bounces(*, maildir: str, now: datetime) -> int:
    """Record what is new in a maildir; returns how many reports were about our deliveries.

    Those are removed, everything else is kept as seen.
    """
    recorded = 0
    for path, report in reports_in(Path(maildir)):
        ours = record_bounce(report=report, now=now)
        file_report(path, recorded=ours)
        recorded += ours
    return recorded
