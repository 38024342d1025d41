"""What counting costs: rows published and metered for one customer beside rows alone, and closing a full month.

    .venv/bin/python -m benchmarks.metering

On a database that is durable as in production. That every row was counted once is asserted, times are not.
"""

from __future__ import annotations

from benchmarks.durable import measure


def main() -> None:
    measure("metering")


if __name__ == "__main__":
    main()
