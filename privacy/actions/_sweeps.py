"""Every sweep: what goes by age alone, by rule and store."""

from __future__ import annotations

from privacy.actions._retention import Sweep

SWEEPS: tuple[Sweep, ...] = ()
