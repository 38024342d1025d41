"""What it costs to forget: days of the audit trail dropped whole, beside the same rows deleted in batches (D5).

    .venv/bin/python -m benchmarks.retention          # 3 000 000 entries: about eight minutes on two processors
    ROWS=300000 .venv/bin/python -m benchmarks.retention

On a database that is durable as in production. That nothing is left is asserted, times are not.
"""

from __future__ import annotations

from benchmarks.durable import measure


def main() -> None:
    measure("retention")


if __name__ == "__main__":
    main()
