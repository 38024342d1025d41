"""Every sweep: what goes by age alone, by rule and store.

The order is that of the references: what refers to something goes before it.
"""

from __future__ import annotations

from privacy.actions import (
    _sweeps_accounts,
    _sweeps_billing,
    _sweeps_files,
    _sweeps_kernel,
    _sweeps_privacy,
    _sweeps_trust,
)
from privacy.actions._retention import Sweep

SWEEPS: tuple[Sweep, ...] = (
    *_sweeps_billing.SWEEPS,
    *_sweeps_trust.SWEEPS,
    *_sweeps_privacy.SWEEPS,
    *_sweeps_kernel.SWEEPS,
    *_sweeps_accounts.SWEEPS,
    *_sweeps_files.SWEEPS,
)
