"""What a month's billing run costs: closing and invoicing the month of many customers, in one process.

    .venv/bin/python -m benchmarks.billing_run [customers]

On a database that is durable as in production. That every month was invoiced once, over what was used, is asserted;
times are not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from benchmarks.figures import tell
from portal.devstack.stack import default_var, services


def main() -> None:
    var = default_var() / "benchmark-billing-run"
    try:
        with services(var) as environment:
            known = {**os.environ, **environment, "SEALPORT_VAR": str(var)}
            command = [sys.executable, "manage.py", "migrate_all", "--verbosity=0"]
            subprocess.run(command, env=known, check=True, stdout=subprocess.DEVNULL)
            command = [
                sys.executable,
                "-m",
                "benchmarks.billing_run_inside",
                *(word for word in sys.argv[1:] if word.isdigit()),
            ]
            done = subprocess.run(command, env=known, check=True, stdout=subprocess.PIPE, text=True)
            tell(done.stdout)
    finally:
        shutil.rmtree(var, ignore_errors=True)


if __name__ == "__main__":
    main()
