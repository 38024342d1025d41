"""What it costs to forget: days of the audit trail dropped whole, beside the same rows deleted in batches (D5).

    .venv/bin/python -m benchmarks.retention          # 300 000 entries
    ROWS=3000000 .venv/bin/python -m benchmarks.retention

On a database that is durable as in production. That nothing is left is asserted, times are not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from benchmarks.figures import tell
from portal.devstack.stack import default_var, services


def main() -> None:
    var = default_var() / "benchmark-retention"
    try:
        with services(var) as environment:
            known = {**os.environ, **environment, "SEALPORT_VAR": str(var)}

            def run(*words: str) -> str:
                return subprocess.run(
                    [sys.executable, *words], env=known, check=True, stdout=subprocess.PIPE, text=True
                ).stdout

            run("manage.py", "migrate_all", "--verbosity=0")
            tell(run("-m", "benchmarks.retention_inside"))
    finally:
        shutil.rmtree(var, ignore_errors=True)


if __name__ == "__main__":
    main()
