"""Seals a sample without delivering it: the operator's proof that HSM, certificate and timestamp work together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sealing.actions._trial import seal_and_verify
from sealing.formats.sample import sample_pdf
from sealing.gateways.engine import MadeSeal
from trust.queries import certificate_to_try


def try_seal(*, clock: Callable[[], datetime]) -> MadeSeal:
    """Seal a sample at B-LT and have pyHanko's own validation accept it. Nothing is stored, nothing is charged.

    Raises the refusals and outages of sealing, and `_trial.SampleNotValid`.
    """
    made, _content = seal_and_verify(sample_pdf(), certificate=certificate_to_try(now=clock()), clock=clock)
    return made
