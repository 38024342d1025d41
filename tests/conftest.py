"""The database, the customers' schemas and the cast of characters that every test can ask for."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.urls import set_script_prefix
from django.utils import translation

from kernel import runner, vault
from kernel.audit_payloads import forget_secrets
from kernel.models import CustomerKey
from kernel.tenancy import blueprint
from kernel.tenancy.context import forget_customers
from portal.status import forget as forget_status
from tests.cast import Cast, Customers
from tests.invariants import assert_invariants, assert_invariants_written
from trust.gateways import hsm
from trust.gateways.hsm import HsmUnavailable
from trust.gateways.process_cache import forget_everything
from trust.models import AuditKey, ReceiptKey, SealKey

TEMPLATE = "sealport_template"
KEPT_TABLES = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "kernel_schemablueprint",
    "accounts_legaldocument",
    "billing_plan",
    "billing_planversion",
    "billing_itemprice",
    "kernel_auditclass",
    "kernel_erasable",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without SEALPORT_CORPUS there is nothing that tests of the corpus could read; named but missing is a failure."""
    if os.environ.get("SEALPORT_CORPUS"):
        return
    of_corpus = [item for item in items if item.get_closest_marker("corpus")]
    config.hook.pytest_deselected(items=of_corpus)
    items[:] = [item for item in items if item not in of_corpus]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """One migrated template database for the run; each worker gets a copy, which takes a tenth of a second."""
    server = connection.settings_dict
    name = f"sealport_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with django_db_blocker.unblock(), _administration(server) as administration:
        with (Path(os.environ["SEALPORT_VAR"]) / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _make_template(administration, server)
        administration.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        server["NAME"] = name
        connection.close()
    yield
    with django_db_blocker.unblock():
        connections.close_all()


def _administration(server: dict[str, Any]) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=server["HOST"],
        port=server["PORT"],
        user=server["USER"],
        password=server["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    )


def _make_template(administration: psycopg.Connection[Any], server: dict[str, Any]) -> None:
    if administration.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", [TEMPLATE]).fetchone():
        return
    administration.execute(f"CREATE DATABASE {TEMPLATE}")
    server["NAME"] = TEMPLATE
    connection.close()
    call_command("migrate_all", verbosity=0)
    _make_spare_schemas()
    connections.close_all()
    administration.execute(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true")


# Making a customer's schema takes a tenth of a second and fills the catalogues, thousands of times in a run; renaming
# one takes nothing, and a test that is rolled back gives it back.
SPARE_SCHEMAS = tuple(f"spare_{number}" for number in range(4))


def _make_spare_schemas() -> None:
    for spare in SPARE_SCHEMAS:
        blueprint.create_schema(spare)


def _take_spare_schema(schema_name: str) -> None:
    """What a new customer gets in tests: a schema made before by `create_schema`, or a new one when all are taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(nspname) FROM pg_namespace WHERE nspname = ANY(%s)", [list(SPARE_SCHEMAS)])
        (spare,) = cursor.fetchone()
        if spare is not None:
            cursor.execute(f"ALTER SCHEMA {spare} RENAME TO {connection.ops.quote_name(schema_name)}")
            return
    blueprint.create_schema(schema_name)


@pytest.fixture(autouse=True)
def _spare_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.actions.create_customer.create_schema", _take_spare_schema)


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Committed rows, for tests with threads or processes; afterwards every table is emptied and schema dropped."""
    django_db_blocker.unblock()
    try:
        yield
        assert_invariants()
    finally:
        _empty_everything()
        django_db_blocker.restore()


def _empty_everything() -> None:
    connection.set_schema_to_public()
    _leave_no_keys()
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%I', nspname) FROM pg_namespace WHERE nspname LIKE 'c\\_%'")
        for (schema,) in cursor.fetchall():
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
        cursor.execute(
            "SELECT string_agg(format('%%I.%%I', schemaname, tablename), ',') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> ALL(%s)",
            [list(KEPT_TABLES)],
        )
        tables = cursor.fetchone()[0]
        cursor.execute("SET session_replication_role = replica")  # append-only tables refuse even TRUNCATE
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(SPARE_SCHEMAS)])
        kept = {name for (name,) in cursor.fetchall()}
    for spare in SPARE_SCHEMAS:
        if spare not in kept:
            blueprint.create_schema(spare)


@pytest.fixture(scope="session", autouse=True)
def _ledger_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Outside the database, and so rolled back by nothing: each process that runs tests has its own."""
    usual, settings.ERASURE_LEDGER_DIR = settings.ERASURE_LEDGER_DIR, tmp_path_factory.mktemp("ledger")
    yield
    settings.ERASURE_LEDGER_DIR = usual


@pytest.fixture(autouse=True)
def _clean_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test leaves the thread in a customer's schema or something remembered; the invariants hold after each."""
    database = "db" in request.fixturenames
    if database:
        request.getfixturevalue("db")  # set up before this fixture, so that it is still there after the test
    yield
    set_script_prefix("/")
    translation.deactivate()  # the last request's language stays with the thread
    forget_customers()
    vault.forget_keys()
    forget_secrets()
    forget_everything()
    forget_status()
    (settings.ERASURE_LEDGER_DIR / "erasures.jsonl").unlink(missing_ok=True)
    if database:
        connection.set_schema_to_public()
        cache.clear()
        if not connection.needs_rollback:
            _leave_no_keys()
            assert_invariants_written()


def _leave_no_keys() -> None:
    """Rolling back takes no key out of the HSM, and SoftHSM reads every one of them whenever it looks for one."""
    labels = {*CustomerKey.objects.values_list("label", flat=True)}
    for made in (SealKey.objects.filter(destroyed_at=None), AuditKey.objects.all(), ReceiptKey.objects.all()):
        labels |= {*made.values_list("pk", flat=True)}
    with suppress(HsmUnavailable):
        for label in labels:
            hsm.destroy_key(label)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def customers(db: None) -> Customers:
    """Makes customers and people through the product's own actions."""
    return Customers()


@pytest.fixture
def cast(customers: Customers) -> Cast:
    """Acme with Alice (owner), Bob (member), Carol (billing), Dave (developer); Mallory owns another customer."""
    return customers.cast()


@pytest.fixture
def client() -> Client:
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def sealing_cast(cast: Cast) -> Cast:
    """The cast, with Acme ready to seal: certificates of both modes from the development CA, and plan 1."""
    runner.drain()
    return cast
