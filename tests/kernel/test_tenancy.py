"""One customer's rows never mix with another's."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from django.db import connection

from kernel import clock
from kernel.tenancy import blueprint
from kernel.tenancy.context import CustomerGone, customer_schema, forget_customers
from kernel.tenancy.guard import WrongSchema
from kernel.tenancy.migrations import migrate_customers
from sealing.models import Seal
from tests.cast import Cast, Customers


def seal() -> Seal:
    return Seal(format="pades", level="B-T", live=False, status="refused", failure_code="x", accepted_at=clock.now())


def test_a_row_of_one_customer_cannot_be_saved_or_deleted_in_anothers_schema_or_in_public(cast: Cast) -> None:
    with customer_schema(cast.acme.id):
        seal().save()
        loaded = Seal.objects.get()

    with customer_schema(cast.globex.id):
        assert not Seal.objects.exists()
        with pytest.raises(WrongSchema):
            loaded.save()
        with pytest.raises(WrongSchema):
            loaded.delete()
    with pytest.raises(WrongSchema):
        seal().save()


def test_threads_in_two_customers_schemas_do_not_disturb_each_other(transactional_db: None) -> None:
    cast = Customers().cast()
    seen: dict[str, set[str]] = {cast.acme.id: set(), cast.globex.id: set()}
    barrier = threading.Barrier(2)

    def look(customer_id: str) -> None:
        for _ in range(20):
            barrier.wait()
            with customer_schema(customer_id):
                seen[customer_id].add(connection.schema_name)
        connection.close()

    threads = [threading.Thread(target=look, args=(customer,)) for customer in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {cast.acme.id: {cast.acme.schema_name}, cast.globex.id: {cast.globex.schema_name}}


def test_a_closed_customer_and_an_unknown_one_have_no_schema_to_enter(cast: Cast) -> None:
    cast.globex.status = "closed"
    cast.globex.save()
    forget_customers()

    for customer_id in (cast.globex.id, "cus_unknown"):
        with pytest.raises(CustomerGone), customer_schema(customer_id):
            pass


def test_a_lagging_schema_answers_503_until_it_is_migrated(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    browser, url = cast.alice.client(), cast.alice.url("")
    cast.acme.schema_version = "sealing.0000_older"
    cast.acme.save()
    forget_customers()

    assert browser.get(url).status_code == 503
    assert cast.mallory.client().get(url).status_code == 404
    migrated, failed = migrate_customers(now=now)

    assert (migrated, failed) == (1, {})
    assert browser.get(url).status_code == 200


def test_the_portals_address_works_without_its_last_slash(cast: Cast) -> None:
    answer = cast.alice.client().get(f"/c/{cast.acme.slug}")

    assert (answer.status_code, answer["Location"]) == (302, f"/c/{cast.acme.slug}/")


def test_an_older_schema_gets_just_the_migrations_it_lacks(cast: Cast) -> None:
    last = blueprint.blueprint()[-1]
    with customer_schema(cast.acme.id), connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = %s AND tablename LIKE 'sealing%%'",
            [cast.acme.schema_name],
        )
        cursor.execute(f"DROP TABLE {cursor.fetchone()[0]} CASCADE")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sealing'")

    assert blueprint.migrate_schema(cast.acme.schema_name)
    assert not blueprint.migrate_schema(cast.acme.schema_name)

    with customer_schema(cast.acme.id), connection.cursor() as cursor:
        cursor.execute("SELECT name FROM django_migrations WHERE app = 'sealing' ORDER BY id DESC LIMIT 1")
        assert cursor.fetchone()[0] == last["name"]
        assert not Seal.objects.exists()
