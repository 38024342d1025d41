"""What the peers' programs share: they run in environments of their own, so it is all they may import of ours."""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

REPEATS = 5


def order() -> dict[str, Any]:
    """What this program is asked to do."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    return asked


def milliseconds(work: Callable[[], object], repetitions: int) -> float:
    """Median over batches of the CPU that one call takes in this process."""
    for _ in range(3):
        work()
    batches = []
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(repetitions):
            work()
        batches.append((time.process_time() - began) / repetitions * 1000)
    return statistics.median(batches)


def let_oscrypto_read_versions() -> None:
    """oscrypto 1.3.0 does not know that a version of OpenSSL may have two digits, as 3.0.19 has."""
    search = re.search

    def tolerant(pattern: Any, text: Any, *rest: Any) -> Any:
        if isinstance(pattern, str):
            pattern = pattern.replace(r"(\d\.\d\.\d[a-z]*)", r"(\d+\.\d+\.\d)\d*[a-z]*")
        return search(pattern, text, *rest)

    re.search = tolerant  # type: ignore[assignment]  # for the import of oscrypto alone
