"""What a month's billing run costs: closing and invoicing the month of many customers, in one process.

    .venv/bin/python -m benchmarks.billing_run [customers]

On a database that is durable as in production. That every month was invoiced once, over what was used, is asserted;
times are not.
"""

from __future__ import annotations

import sys

from benchmarks.durable import measure


def main() -> None:
    measure("billing_run", *(word for word in sys.argv[1:] if word.isdigit()))


if __name__ == "__main__":
    main()
