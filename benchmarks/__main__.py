"""`make bench`: the engine beside its peers, then the whole path on a running stack. ARGS="engine" for one of them."""

from __future__ import annotations

import sys

from benchmarks import end_to_end, engine

BENCHMARKS = {"engine": engine.main, "end_to_end": end_to_end.main}


def main() -> None:
    for name in sys.argv[1:] or BENCHMARKS:
        print(f"# {name}", flush=True)
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
