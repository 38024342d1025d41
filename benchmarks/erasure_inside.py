"""The costs of erasing and of encrypting, inside one process. Started by `erasure`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.core.files.storage import default_storage  # noqa: E402 - after the set-up
from django.db import connection  # noqa: E402

from accounts.models import Membership  # noqa: E402
from benchmarks.figures import report  # noqa: E402
from kernel import clock, vault  # noqa: E402
from kernel.tenancy.context import customer_schema  # noqa: E402
from privacy.actions._customer import CUSTOMER_STEPS, left_of_customer  # noqa: E402
from tests.cast import Customers, Member  # noqa: E402
from tests.erasing import ended, seized  # noqa: E402

DOCUMENTS = 10_000
MEGABYTES = 256
_MIB = 1 << 20

# Rows as they are after sealing, of the size that they have then; what is in them plays no part in dropping them.
_SEALS = """
    INSERT INTO sealing_seal (id, status, format, level, live, requested_by, requested_by_name, encrypted_options,
        encrypted_appearance, reference_index, certificate_id, certificate_subject, engine_version, accepted_at,
        sealed_at, timestamp_at, object_name, size, sha256, timestamp_authority, timestamp_serial, evidence,
        delay_code, delay_detail, failure_code, failure_detail, deleted_by, deleted_by_name)
    SELECT 'seal_bench' || n, 'sealed', 'pades', 'B-LT', true, '', '', sha256(n::text::bytea), '', '', '', '', '',
        now(), now(), now(), %s || '/obj_bench' || n, 4096, repeat('a', 64), '', '', '{}', '', '', '', '', '', ''
      FROM generate_series(1, %s) n
"""
_EVENTS = """
    INSERT INTO kernel_event (name, at, customer_id, subject, payload)
    SELECT 'seal.published', now(), %s, 'seal_bench' || n, '{}' FROM generate_series(1, %s) n
"""


def wal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def full_customer() -> Member:
    made = Customers()
    owner = made.customer("Full", made.person("Full"))
    customer_id = str(owner.customer.id)
    with customer_schema(customer_id), connection.cursor() as cursor:
        cursor.execute(_SEALS, [customer_id, DOCUMENTS])
        cursor.execute(_EVENTS, [customer_id, DOCUMENTS])
    folder = Path(default_storage.path(customer_id))
    folder.mkdir(parents=True)
    for number in range(DOCUMENTS):  # what is written here is not measured, so not made durable either
        (folder / f"obj_bench{number}").write_bytes(b"x" * 4096)
    return owner


def erasing() -> None:
    owner = full_customer()
    customer_id, now = str(owner.customer.id), clock.now()
    ended(owner, now=now)
    before, began = wal(), time.perf_counter()
    item = seized(customer_id, now=now)
    for step in CUSTOMER_STEPS:
        report(f"erase_{step.name}", timed(partial(step.act, item, now)), "s")
    taken = time.perf_counter() - began
    assert left_of_customer(customer_id) == {}
    assert not Membership.objects.filter(customer_id=customer_id).exists()
    report("erase_10000_documents", taken, "s", 60)
    report("erase_10000_documents_rate", DOCUMENTS / taken, "documents/s")
    report("erase_10000_documents_wal", (wal() - before) / _MIB, "MiB")


def encrypting() -> None:
    made = Customers()
    customer_id = str(made.customer("Large", made.person("Large")).customer.id)
    content = os.urandom(_MIB) * MEGABYTES
    with TemporaryDirectory() as folder:
        copied = timed(lambda: Path(folder, "copy").write_bytes(content))
    stored = []
    written = timed(lambda: stored.append(vault.write_object(customer_id, BytesIO(content))))
    read = timed(lambda: [None for _part in vault.read_object(customer_id, stored[0].name)])
    report("copy_256_mib", MEGABYTES / copied, "MB/s")
    report("encrypt_256_mib", MEGABYTES / written, "MB/s")
    report("decrypt_256_mib", MEGABYTES / read, "MB/s")


if __name__ == "__main__":
    encrypting()
    erasing()
