"""Storage and rows agree: what nobody names goes after a day, what is named and gone is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage

from accounts.models import Customer
from kernel import clock, stored_objects, vault
from kernel.audit import payload_of
from kernel.models import AuditEntry
from kernel.tenancy.context import customer_schema, forget_customers
from privacy.actions import _named_objects
from privacy.actions import compare_storage as comparing
from privacy.actions.compare_storage import compare_storage
from sealing.models import Document
from tests.cast import Cast
from tests.sweeping import plant

DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


def stored(customer_id: str, *, age: timedelta) -> str:
    """An object, written so long ago."""
    name = vault.write_object(customer_id, BytesIO(b"content")).name
    at = (clock.now() - age).timestamp()
    os.utime(default_storage.path(name), (at, at))
    return name


def named(customer_id: str, name: str) -> None:
    """A row that names it, and refers to nothing: nothing else of it matters here."""
    with customer_schema(customer_id):
        plant("sealing_document", clock.now(), object_name=name, size=7)


@pytest.fixture
def own_storage(cast: Cast, tmp_path: Any, settings: Any) -> Cast:
    """A storage of the test's own, so that nobody else's objects are in it."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "kernel.storage.DurableFileSystemStorage", "OPTIONS": {"location": str(tmp_path)}},
    }
    return cast


def test_what_no_row_names_goes_after_a_day_and_nothing_that_is_younger_or_named(own_storage: Cast) -> None:
    acme = own_storage.acme.id
    abandoned, young = stored(acme, age=DAY + SECOND), stored(acme, age=DAY - timedelta(minutes=5))
    kept, lost = stored(acme, age=3 * DAY), stored(acme, age=3 * DAY)
    named(acme, kept)
    named(acme, lost)
    vault.delete_object(lost)
    found = compare_storage(now=clock.now())
    assert (found.deleted, found.missing, found.strange) == (1, [lost], [])
    there = [default_storage.exists(name) for name in (abandoned, young, kept)]
    assert there == [False, True, True]
    entry = AuditEntry.objects.get(action="storage.compared")
    assert payload_of(entry).details["names"] == [lost]
    with customer_schema(acme):
        Document.objects.filter(object_name=lost).delete()
        Document.objects.all().delete()


def test_a_row_that_comes_while_the_storage_is_compared_keeps_its_object(
    own_storage: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In either order: committed after the listing, or between the first look at the rows and the deletion."""
    acme = own_storage.acme.id
    late = stored(acme, age=2 * DAY)
    may: Callable[..., bool] = comparing.may_delete

    def then_commit(*facts: Any, **more: Any) -> bool:
        named(acme, late)
        return may(*facts, **more)

    monkeypatch.setattr(comparing, "may_delete", then_commit)
    assert compare_storage(now=clock.now()).deleted == 0
    assert default_storage.exists(late)
    with customer_schema(acme):
        Document.objects.all().delete()


def test_an_object_that_is_written_after_the_listing_is_not_missing(
    own_storage: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = own_storage.acme.id
    stored(acme, age=SECOND)
    listed = list(stored_objects.objects_of(acme))
    named(acme, stored(acme, age=SECOND))
    monkeypatch.setattr(stored_objects, "objects_of", lambda _owner: iter(listed))
    assert compare_storage(now=clock.now()).missing == []
    with customer_schema(acme):
        Document.objects.all().delete()


def test_many_at_once_and_objects_of_nobody_wait_for_a_person_and_those_of_the_erased_go(own_storage: Cast) -> None:
    acme, evil = own_storage.acme.id, own_storage.mallory.customer.id
    many = [stored(acme, age=2 * DAY) for _n in range(21)]
    default_storage.save("cus_unknown/obj_1", BytesIO(b"x"))
    left = [stored(evil, age=2 * DAY) for _n in range(2)]
    Customer.objects.filter(id=evil).update(status="closed")
    forget_customers()
    found = compare_storage(now=clock.now())
    assert (found.deleted, found.strange) == (2, sorted([acme, "cus_unknown"]))
    assert all(map(default_storage.exists, many))
    assert not any(map(default_storage.exists, left))
    Customer.objects.filter(id=evil).update(status="active")


def test_every_field_that_names_an_object_is_compared() -> None:
    """A model that gets such a field has its objects deleted after a day, unless it is listed."""
    fields = {
        f"{model._meta.db_table}.{each.column}"
        for model in apps.get_models()
        for each in model._meta.concrete_fields
        if "object_name" in each.column or each.get_internal_type() in {"FileField", "ImageField"}
    }
    assert fields == {name for names in _named_objects.NAMING.values() for name in names}
