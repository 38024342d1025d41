"""What counting costs: rows published and metered for one customer beside rows alone, and closing a full month.

    .venv/bin/python -m benchmarks.metering

On a stack that is durable as in production. That every row was counted once is asserted, times are not.
"""

from __future__ import annotations

from benchmarks.figures import tell
from portal.devstack.stack import default_var
from tests.stack import running_stack


def main() -> None:
    with running_stack(default_var() / "test-benchmark", durable=True, JOB_LEASE_SECONDS="60") as stack:
        tell(stack.python("-m", "benchmarks.metering_inside").stdout)
        stack.invariants_hold()


if __name__ == "__main__":
    main()
