"""The period of system logs in the words of the tools that keep them (D5)."""

from __future__ import annotations

from privacy.catalogue import RULE


def logrotate(files: list[str]) -> str:
    """A drop-in for `/etc/logrotate.d/`: a file for each day, the oldest of which is gone when the period is over."""
    days = _days()
    return (
        f"{' '.join(files)} {{\n    daily\n    rotate {days - 1}\n    maxage {days - 1}\n    dateext\n    missingok\n"
        "    notifempty\n    copytruncate\n    compress\n    delaycompress\n}"
    )


def journald() -> str:
    """A drop-in for `/etc/systemd/journald.conf.d/`: a file of the journal has a day, and goes with its last line."""
    return f"[Journal]\nMaxFileSec=1day\nMaxRetentionSec={_days() - 1}day"


def _days() -> int:
    """A day of writing and then the rest: a line of the day's first minute is not kept for longer than promised."""
    return RULE["activity"].period.days
