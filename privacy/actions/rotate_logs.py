"""Puts the lines of each log aside day by day, so that they can go day by day."""

from __future__ import annotations

from datetime import datetime

from kernel.clock import legal_date
from privacy.gateways import folders


def rotate_logs(*, now: datetime) -> int:
    """How many files of `LOG_DIR` were put aside, under the day before (clause D5). Safe to repeat within the day."""
    return folders.rotate_logs(legal_date(now))
