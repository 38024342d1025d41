"""What erasing a customer with 10 000 documents costs, and what encrypting costs beside copying.

    .venv/bin/python -m benchmarks.erasure

On a database and a disk that are durable as in production. That nothing is left is asserted, times are not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from benchmarks.figures import tell
from portal.devstack.stack import default_var, services


def main() -> None:
    var = default_var() / "benchmark-erasure"
    try:
        with services(var) as environment:
            known = {**os.environ, **environment, "SEALPORT_VAR": str(var)}

            def run(*words: str) -> str:
                return subprocess.run(
                    [sys.executable, *words], env=known, check=True, stdout=subprocess.PIPE, text=True
                ).stdout

            run("manage.py", "migrate_all", "--verbosity=0")
            tell(run("-m", "benchmarks.erasure_inside"))
    finally:
        shutil.rmtree(var, ignore_errors=True)


if __name__ == "__main__":
    main()
