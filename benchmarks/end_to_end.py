"""What the whole stack does: API with a token -> queue -> sealed, checked, encrypted, metered, with two workers.

    .venv/bin/python -m benchmarks.end_to_end [documents]

Prints `name value unit`, with the goal where there is one. The stack is durable as in production (PostgreSQL waits for
the disk) and shares the machine's processors with the caller, whose own share is told. Times are never asserted;
that everything posted was sealed and charged once is.
"""

from __future__ import annotations

import http.client
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

import psutil

from benchmarks.figures import report, tell
from portal.devstack.stack import default_var
from tests.formats.documents import document_of_size
from tests.stack import RunningStack, running_stack
from tests.waiting import wait_for

DOCUMENT_BYTES = 100_000
LARGE_BYTES = 100_000_000
CALLERS = 4
BOUNDARY = "a-boundary-that-no-document-contains"
PARTS = ("web", "worker", "beat", "postgres", "redis", "pki")
MEBIBYTE = 1 << 20


def body_of(content: bytes) -> bytes:
    """The multipart form with one file, made once so that the caller costs little."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="invoice.pdf"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


class Caller:
    """A program with a token and a kept-alive connection."""

    def __init__(self, stack: RunningStack) -> None:
        address = urlsplit(stack.url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
        self._headers = {
            "Authorization": f"Bearer {stack.demo['api_token']}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        }

    def post(self, body: bytes) -> None:
        self._connection.request("POST", "/api/v1/seals", body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status in {201, 202}, said


class Meter:
    """CPU seconds used by each part of the stack, with everything it has started, and by this process."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self._began = self._used()

    def spent(self) -> dict[str, float]:
        return {part: used - self._began[part] for part, used in self._used().items()}

    def _used(self) -> dict[str, float]:
        families = {part: family(self._stack.process(part)) for part in PARTS}
        used = {part: sum(map(_cpu, processes)) for part, processes in families.items()}
        sandboxes = sum(_cpu(process) for process in families["worker"] if _is_sandbox(process))
        used["worker"] -= sandboxes
        return used | {"sandbox": sandboxes, "caller": time.process_time()}


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu(process: psutil.Process) -> float:
    """Including the children that have ended and been waited for."""
    try:
        return float(sum(process.cpu_times()[:4]))
    except psutil.NoSuchProcess:
        return 0.0


def unfinished(stack: RunningStack) -> int:
    return stack.count(
        "SELECT count(*) FROM kernel_job WHERE kind = 'sealing.perform_seal' AND state IN ('queued', 'running')"
    )


def post_all(stack: RunningStack, body: bytes, documents: int, *, per_second: float | None = None) -> None:
    """Post as fast as the callers can, or evenly `per_second`."""
    numbers, began = count(), time.monotonic()

    def work() -> None:
        caller = Caller(stack)
        while (number := next(numbers)) < documents:
            if per_second:
                time.sleep(max(0.0, began + number / per_second - time.monotonic()))
            caller.post(body)

    with ThreadPoolExecutor(CALLERS) as callers:
        for done in [callers.submit(work) for _ in range(CALLERS)]:
            done.result()


def all_done(stack: RunningStack) -> None:
    wait_for(lambda: unfinished(stack) == 0, "everything is sealed", seconds=600)


def throughput(stack: RunningStack, body: bytes, documents: int) -> float:
    """Seals a second from the first request to the last delivery, and who used the processors."""
    meter, began = Meter(stack), time.monotonic()
    post_all(stack, body, documents)
    accepted = time.monotonic() - began
    all_done(stack)
    seconds = time.monotonic() - began
    spent = meter.spent()
    report("end_to_end_rate", documents / seconds, "seals/s", 100)
    report("accept_rate", documents / accepted, "requests/s")
    report("accept_cpu", spent["web"] / documents * 1000, "ms/request", 6)
    for part, used in spent.items():
        report(f"cpu_per_seal_{part}", used / documents * 1000, "ms")
    ours = {part: used for part, used in spent.items() if part != "caller"}
    queue = sum(ours[part] for part in ("postgres", "redis", "beat"))
    report("cpu_share_of_queue_and_database", queue / sum(ours.values()) * 100, "%", 60)
    return documents / seconds


def latency(stack: RunningStack, body: bytes, per_second: float) -> None:
    """From accepted to sealed, by the rows themselves, at a steady rate."""
    documents = max(20, int(per_second * 10))
    with stack.database() as database:
        [schema] = database.execute("SELECT schema_name FROM accounts_customer WHERE slug = 'demo'").fetchone() or [""]
        began = database.execute("SELECT clock_timestamp()").fetchone()
        post_all(stack, body, documents, per_second=per_second)
        all_done(stack)
        statement = (
            "SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY"
            f" extract(epoch FROM sealed_at - accepted_at)) FROM {schema}.sealing_seal WHERE accepted_at >= %s"
        )
        [[half, most]] = database.execute(statement, began).fetchone() or [[0, 0]]  # type: ignore[arg-type]  # literal
    report("latency_rate", per_second, "requests/s")
    report("latency_p50", half * 1000, "ms")
    report("latency_p95", most * 1000, "ms", 1000)


@contextmanager
def watched_memory(stack: RunningStack) -> Iterator[dict[str, int]]:
    """Watch how much memory each part's largest process has had meanwhile, in bytes; yields the idle peak first."""
    peak: dict[str, int] = dict.fromkeys(PARTS, 0)
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for part in PARTS:
                peak[part] = max([peak[part], *(_resident(process) for process in family(stack.process(part)))])

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _is_sandbox(process: psutil.Process) -> bool:
    try:
        return "sealing.formats.sandbox_server" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _resident(process: psutil.Process) -> int:
    """What only this process has in memory: shared buffers of the database are counted nowhere."""
    try:
        memory = process.memory_info()
        return int(memory.rss - memory.shared)
    except psutil.NoSuchProcess:
        return 0


def large_document(stack: RunningStack) -> None:
    """A document of 100 MB from end to end, and the memory it took."""
    before = {part: max(map(_resident, family(stack.process(part)))) for part in PARTS}
    content = document_of_size(LARGE_BYTES)
    meter, began = Meter(stack), time.monotonic()
    with watched_memory(stack) as peak:
        Caller(stack).post(body_of(content))
        all_done(stack)
    report("large_document_time", time.monotonic() - began, "s")
    spent: Mapping[str, float] = meter.spent()
    for part in ("web", "worker"):
        report(f"large_document_cpu_{part}", spent[part], "s")
    for part in PARTS:
        report(f"large_document_memory_{part}", peak[part] / MEBIBYTE, "MiB", 300)
    report("large_document_memory_worker_more", (peak["worker"] - before["worker"]) / MEBIBYTE, "MiB", 20)


def main(documents: int = 600) -> None:
    body = body_of(document_of_size(DOCUMENT_BYTES))
    with running_stack(default_var() / "test-benchmark", durable=True, JOB_LEASE_SECONDS="60") as stack:
        post_all(stack, body, 20)  # every process has opened its sessions and filled its caches
        all_done(stack)
        used, sealed = stack.used(), sealed_seals(stack)
        rate = throughput(stack, body, documents)
        assert (stack.used() - used, sealed_seals(stack) - sealed) == (documents, documents)
        latency(stack, body, rate / 2)
        large_document(stack)
        tell(stack.python("-m", "benchmarks.inside").stdout)
        stack.invariants_hold()


def sealed_seals(stack: RunningStack) -> int:
    """Sealed documents that the database knows."""
    return stack.count("SELECT count(*) FROM kernel_event WHERE name = 'seal.published'")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
