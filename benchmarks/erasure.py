"""What erasing a customer with 10 000 documents costs, and what encrypting costs beside copying.

    .venv/bin/python -m benchmarks.erasure

On a database and a disk that are durable as in production. That nothing is left is asserted, times are not.
"""

from __future__ import annotations

from benchmarks.durable import measure


def main() -> None:
    measure("erasure")


if __name__ == "__main__":
    main()
