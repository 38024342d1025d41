"""A benchmark's own process, beside a database and a disk that are durable as in production."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial

from benchmarks.figures import tell
from portal.devstack.stack import default_var, services


def measure(name: str, *words: str) -> None:
    """Tell what `benchmarks.<name>_inside` reports, which is started with these words, on a database made for it."""
    var = default_var() / f"benchmark-{name.replace('_', '-')}"
    try:
        with services(var) as environment:
            known = {**os.environ, **environment, "SEALPORT_VAR": str(var)}
            run = partial(subprocess.run, env=known, check=True, stdout=subprocess.PIPE, text=True)
            run([sys.executable, "manage.py", "migrate_all", "--verbosity=0"])
            tell(run([sys.executable, "-m", f"benchmarks.{name}_inside", *words]).stdout)
    finally:
        shutil.rmtree(var, ignore_errors=True)
