"""This process's sandbox, in which strangers' documents are read."""

from __future__ import annotations

from functools import cache

from sealing.formats.sandbox import Sandbox


@cache
def sandbox() -> Sandbox:
    """Started at first use and kept for the life of the process."""
    return Sandbox()
