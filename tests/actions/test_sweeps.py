"""What goes by age goes at its moment and not before, whatever it is; a hold keeps it (D2, D4, D5, E9)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from kernel import clock
from kernel.tenancy.owner import grant_to_application
from privacy.actions._retention import Spared, Sweep
from privacy.actions._sweeps import SWEEPS
from tests import sweeping
from tests.sweeping import KEYS, kinds, plant

TICK = timedelta(microseconds=1)
# Tried in test_old_books.py, in tests/kernel, in test_rights_exports.py and below.
APART = {
    "kernel_auditentry",
    "billing_invoice",
    "billing_payment",
    "billing_subscriptionterm",
    "privacy_rightsexport",
    "exports_in_the_making",
}
ROWS = tuple(sweep for sweep in SWEEPS if "_" in sweep.store and sweep.due.__module__.endswith("_sweep_rows"))
FILES = tuple(sweep for sweep in SWEEPS if sweep.store not in APART and sweep.due.__module__.endswith("_sweeps_files"))

# Beside what every row needs: the columns that say that it is over, as the moment or as a value.
OVER: dict[str, dict[str, Any]] = {
    "kernel_job": {"finished_at": ..., "state": "done"},
    "accounts_invitation": {"accepted_at": ...},
    "accounts_webhookdelivery": {"ended_at": ..., "state": "delivered"},
    "accounts_suspension": {"lifted_at": ...},
    "accounts_referenceconsent": {"withdrawn_at": ..., "name": True},
    "accounts_accessgrant": {"basis": "customer_request", "offered_at": ...},
    "accounts_case": {"ended_at": ...},
    "trust_certificateorder": {"state": "cancelled"},
    "trust_sealcertificate": {"ended_at": ..., "state": "abandoned", "fingerprint": ""},
    "trust_sealkey": {"destroyed_at": ..., "destruction_asked_at": ...},
    "privacy_contactmessage": {"answered_at": ...},
    "privacy_disclosure": {
        "state": "told",
        "outcome": "refused",
        "told_at": ...,
        "decided_at": ...,
        "decided_by": 2,
        "recorded_by": 1,
    },
    "privacy_databreach": {"closed_at": ..., "risk": "unlikely", "assessed_at": ...},
    "privacy_subprocessor": {"ends_on": ..., "initial": True},
    "privacy_hold": {"released_at": ...},
    "privacy_retentionrun": {"ended_at": ..., "state": "done"},
    "privacy_retentionitem": {"ended_at": ..., "state": "done"},
    "privacy_rightsrequest": {"closed_at": ..., "state": "answered", "refusal_ground": ""},
    "accounts_customer": {"status": "closed"},
}


def boundary(sweep: Sweep) -> datetime:
    """The moment before which everything of a rule is gone today."""
    return sweeping.boundary(sweep, clock.now())


def there(table: str, key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {KEYS.get(table, 'id')}::text = %s)", [key])
        return bool(cursor.fetchone()[0])


@pytest.fixture
def thrown_away(db: None) -> Iterator[None]:
    """What is planted refers to nothing, so nothing of it may be left for the invariants."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("sweep", ROWS, ids=lambda sweep: f"{sweep.store}-{sweep.rule}")
def test_rows_go_at_their_moment_and_not_before_and_a_hold_keeps_them(sweep: Sweep, thrown_away: None) -> None:
    before, over = boundary(sweep), OVER.get(sweep.store, {})
    earlier = sweep.due(before)
    kept, gone = plant(sweep.store, before, **over), plant(sweep.store, before - TICK, **over)
    assert sweep.due(before) == earlier + 1
    oldest = sweep.oldest()
    assert oldest is not None
    assert oldest < before
    assert sweep.population() >= 2
    held = Spared(subjects=frozenset({gone}))
    assert sweep.erase(before=before, limit=100, spared=held) == earlier
    assert there(sweep.store, gone)
    if "customer_id" in kinds(sweep.store):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT customer_id FROM {sweep.store} WHERE id::text = %s", [gone])
            whose = frozenset({cursor.fetchone()[0]} - {None})
        assert not whose or sweep.erase(before=before, limit=100, spared=Spared(customers=whose)) == 0
    assert sweep.erase(before=before, limit=0, spared=Spared()) == 0
    assert sweep.erase(before=before, limit=100, spared=Spared()) == 1
    assert (there(sweep.store, gone), there(sweep.store, kept)) == (False, True)
    assert sweep.erase(before=before, limit=100, spared=Spared()) == 0


def test_the_applications_role_can_erase_what_is_old_and_nothing_else(thrown_away: None) -> None:
    """Whoever works with it may say that it erases, and is not believed; what it asks of the function is looked at."""
    sweep = next(sweep for sweep in ROWS if sweep.store == "privacy_disclosure")
    young, old = (plant(sweep.store, clock.now() - timedelta(days=days), **OVER[sweep.store]) for days in (3000, 4100))
    role = f"sealport_probe_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role}")
        grant_to_application(role)
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute("SET LOCAL sealport.erasing = 'on'")
        for statement in (
            "DELETE FROM privacy_disclosure",
            "UPDATE kernel_erasable SET period = '1 day'",
            "SELECT billing_erase_documents('a', '{b}', '{}', '{}')",
            "SELECT kernel_let_erasing_pass('kernel_event')",
            "SELECT kernel_erase_rows('accounts_person', '{1}')",
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(statement)
        assert sweep.erase(before=clock.now(), limit=100, spared=Spared()) == 1
        cursor.execute("RESET ROLE")
    assert (there(sweep.store, young), there(sweep.store, old)) == (True, False)


FOLDERS: dict[str, tuple[str, str, str]] = {
    "system_log": ("LOG_DIR", "", "web.log.{day}"),
    "returned_mails": ("MAIL_BOUNCE_DIR", "cur", "{day}.eml:2,S"),
    "bank_statements": ("CAMT_FOLDER", "imported", "{day}.xml"),
    "uploads": ("FILE_UPLOAD_TEMP_DIR", "", "{day}.upload"),
    "backups": ("BACKUP_DIR", "daily", "{day}.dump"),
    "upgrade_copy": ("BACKUP_DIR", "", "{day}-before-upgrade.dump"),
}


@pytest.mark.parametrize("sweep", FILES, ids=lambda sweep: sweep.store)
def test_files_go_on_their_day_and_not_before(
    sweep: Sweep, db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder, pattern = FOLDERS[sweep.store]
    setattr(settings, name, str(tmp_path))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "nothing"))
    (tmp_path / "nothing").mkdir()
    (tmp_path / folder).mkdir(exist_ok=True)
    before = boundary(sweep)
    made = {}
    for moment in (before - TICK, before):
        path = tmp_path / folder / pattern.format(day=clock.legal_date(moment))
        path.write_bytes(b"x")
        os.utime(path, (moment.timestamp(), moment.timestamp()))
        made[moment] = path
    if sweep.store == "upgrade_copy":
        _check_copies(sweep, before, made)
        return
    assert (sweep.due(before), sweep.population()) == (1, 2)
    spared = Spared(subjects=frozenset({made[before - TICK].name}))
    assert sweep.erase(before=before, limit=9, spared=spared) == 0
    assert sweep.erase(before=before, limit=9, spared=Spared()) == 1
    assert [path.exists() for path in made.values()] == [False, True]
    assert (sweep.due(before), sweep.erase(before=before, limit=9, spared=Spared())) == (0, 0)


def test_what_a_killed_process_left_of_a_copy_goes_after_a_day(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    sweep = next(sweep for sweep in SWEEPS if sweep.store == "exports_in_the_making")
    before, made = boundary(sweep), []
    for name, moment in (
        ("sealport-export-a", before - TICK),
        ("sealport-list-a", before - TICK),
        ("sealport-export-b", before),
    ):
        folder = tmp_path / name
        (folder / "files").mkdir(parents=True)
        os.utime(folder, (moment.timestamp(), moment.timestamp()))
        made.append(folder)
    assert sweep.erase(before=before, limit=9, spared=Spared()) == 2
    assert [folder.exists() for folder in made] == [False, False, True]


def _check_copies(sweep: Sweep, before: datetime, made: dict[datetime, Path]) -> None:
    """The day counts from the upgrade after the copy: the last migration. Without one since, the copy is needed."""
    with connection.cursor() as cursor:
        for upgraded_at in (before - timedelta(days=9), before):
            cursor.execute("UPDATE django_migrations SET applied = %s", [upgraded_at])
            assert sweep.due(before) == 0
        for path in made.values():
            os.utime(path, (0, 0))
        cursor.execute("UPDATE django_migrations SET applied = %s", [before - TICK])
        assert sweep.erase(before=before, limit=9, spared=Spared()) == 2


def test_every_sweep_is_tried() -> None:
    tried = {*ROWS, *FILES} | {sweep for sweep in SWEEPS if sweep.store in APART}
    assert {(sweep.rule, sweep.store) for sweep in SWEEPS} == {(sweep.rule, sweep.store) for sweep in tried}
