"""This process's sandbox, in which strangers' documents are read."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from sealing.formats.sample import sample_pdf
from sealing.formats.sandbox import Sandbox


@cache
def sandbox() -> Sandbox:
    """Started at first use and kept for the life of the process."""
    return Sandbox()


def warm_up() -> None:
    """Read a sample, so that the first customer's document does not wait for the sandbox to start."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as sample:
        sample.write(sample_pdf())
        sample.flush()
        sandbox().inspect_pdf(Path(sample.name))
