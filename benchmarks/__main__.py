"""`make bench`: the engine beside its peers, the whole path on a running stack, counting, a billing run, an erasure,
forgetting by age.

`ARGS="engine"` for one of them.

With `--write` the figures also become the table of docs/performance.md.
"""

from __future__ import annotations

import sys

from benchmarks import billing_run, end_to_end, engine, erasure, metering, retention
from benchmarks.figures import write_table

BENCHMARKS = {
    "engine": engine.main,
    "end_to_end": end_to_end.main,
    "metering": metering.main,
    "billing_run": billing_run.main,
    "erasure": erasure.main,
    "retention": retention.main,
}


def main() -> None:
    asked = sys.argv[1:]
    for name in [word for word in asked if word in BENCHMARKS] or BENCHMARKS:
        print(f"# {name}", flush=True)
        BENCHMARKS[name]()
    if "--write" in asked:
        write_table()


if __name__ == "__main__":
    main()
