"""Costs inside one process of a running stack: creating a customer, showing a page. Started by `end_to_end`.

    SEALPORT_VAR=... .venv/bin/python -m benchmarks.inside [profile]

With `profile` the stack's workers are left aside and this process seals, to show by cProfile where the time goes.
"""

from __future__ import annotations

import cProfile
import io
import os
import pstats
import statistics
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the set-up
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.models import Membership  # noqa: E402
from accounts.queries import actor_of_owner  # noqa: E402
from benchmarks.figures import report  # noqa: E402
from kernel import audit, clock, runner  # noqa: E402
from kernel.audit_payloads import encrypt_payload  # noqa: E402
from kernel.tenancy.context import customer_schema  # noqa: E402
from sealing.actions.accept_document import NewDocument, accept_document  # noqa: E402
from sealing.rules.requests import SealRequest  # noqa: E402
from tests.cast import Customers  # noqa: E402
from tests.formats.documents import document_of_size  # noqa: E402

PAGES = {
    "overview": "",
    "seal": "seal/",
    "documents": "documents/",
    "usage": "usage/",
    "people": "people/",
    "audit": "audit/",
}
REPETITIONS = 30


def measured(work: Callable[[], object], clock_of: Callable[[], float], repetitions: int = REPETITIONS) -> float:
    """Median of one call, in milliseconds."""
    work()
    taken = []
    for _ in range(repetitions):
        began = clock_of()
        work()
        taken.append((clock_of() - began) * 1000)
    return statistics.median(taken)


def customers() -> None:
    made = Customers()
    owner = made.person("Bench")
    taken = measured(lambda: made.customer("Bench", owner), time.perf_counter, 10)
    report("create_customer", taken / 1000, "s", 0.15)


def pages() -> None:
    member = Membership.objects.select_related("person").get(customer__slug="demo", role="owner")
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    client.force_login(member.person, "allauth.account.auth_backends.AuthenticationBackend")
    for name, path in PAGES.items():
        address = f"/c/demo/{path}"
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        queries = len(captured)
        report(f"page_{name}_cpu", measured(lambda at=address: client.get(at), time.process_time), "ms", 15)  # type: ignore[misc]  # bound now
        report(f"page_{name}_queries", queries, "queries", 8)


def audit_entries(number: int = 500) -> None:
    """An entry of the audit trail, its link and end included, beside a bare insert of the same columns."""
    actor, now = actor_of_owner("demo"), clock.now()

    def bare() -> None:
        with connection.cursor() as cursor:
            values = ("activity", now, actor.customer, "member", actor.id, "a.b", "seal_x", "", b"x" * 180, b"x" * 32)
            cursor.execute(f"INSERT INTO bare VALUES (1, {', '.join(['%s'] * len(values))})", values)

    def each(work: Callable[[], object], last: str = "") -> float:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE bare ON COMMIT DROP AS SELECT * FROM kernel_auditentry WHERE false")
            began = time.perf_counter()
            for _ in range(number):
                work()
            if last:
                cursor.execute(last)
            taken = time.perf_counter() - began
            transaction.set_rollback(True)
        return taken / number * 1e6

    def record() -> None:
        audit.record(actor=actor, action="seal.accepted", now=now, subject="seal_x", details={"sha256": "0" * 64})

    content = {"actor_name": actor.name, "reason": "", "details": {"sha256": "0" * 64}}
    record_with = lambda: encrypt_payload(actor.customer, content, bound_to=b"x" * 200)  # noqa: E731
    report("audit_bare_insert", min(each(bare) for _ in range(3)), "µs")
    report("audit_entry_without_link", min(each(record) for _ in range(3)), "µs")
    report("audit_entry", min(each(record, "SET CONSTRAINTS ALL IMMEDIATE") for _ in range(3)), "µs")
    report("audit_payload", min(each(record_with) for _ in range(3)), "µs")


def profile(documents: int = 200) -> None:
    """Where one worker's time goes."""
    actor, content = actor_of_owner("demo"), document_of_size(100_000)
    with customer_schema(actor.customer):
        for _ in range(documents):
            accept_document(
                actor=actor,
                documents=[NewDocument("b.pdf", io.BytesIO(content))],
                request=SealRequest(),
                now=clock.now(),
            )
    runner.drain(limit=20)
    profiler = cProfile.Profile(time.process_time)
    began, cpu = time.perf_counter(), time.process_time()
    profiler.enable()
    done = runner.drain()
    profiler.disable()
    report("worker_wall", (time.perf_counter() - began) / done * 1000, "ms/seal under the profiler")
    report("worker_cpu", (time.process_time() - cpu) / done * 1000, "ms/seal under the profiler")
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(70)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    if "profile" in sys.argv:
        profile()
    else:
        customers()
        pages()
        audit_entries()
