"""The catalogue says of everything that is kept what it is; what it does not say fails, by name (D1, D4, D5, D9)."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection

from privacy.catalogue import PENDING, PURPOSE, RULE, RULES, STORES, TABLES
from privacy.rules.inventory import (
    Kind,
    Role,
    faults_of_entries,
    faults_of_stores,
    faults_of_tables,
)
from tests.architecture.inventory import columns, places
from tests.architecture.source import Source
from tests.cast import Cast


def test_every_field_of_every_table_is_classified_and_nothing_that_is_gone(cast: Cast) -> None:
    assert faults_of_tables(TABLES, columns("public", cast.acme.schema_name), pending=PENDING) == []


def test_a_new_table_and_a_new_field_are_named(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE visitor_book (name text)")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # pending triggers would be in the way
        cursor.execute("ALTER TABLE accounts_person ADD COLUMN shoe_size integer")
        cursor.execute(f"ALTER TABLE {cast.acme.schema_name}.sealing_label ADD COLUMN plain_name text")
    assert faults_of_tables(TABLES, columns("public", cast.acme.schema_name), pending=PENDING) == [
        "visitor_book is not in the catalogue",
        "accounts_person.shoe_size is not classified",
        "sealing_label.plain_name is not classified",
    ]


def test_every_place_outside_the_tables_is_classified_and_nothing_that_is_gone() -> None:
    assert faults_of_stores(STORES, places(settings), pending=PENDING) == []


PLANTED = """
from django.core.cache import cache, caches
_LAST = "seen:last"
def look(name):
    cache.set(f"guest:{name}", 1)
    caches["counters"].incr(_LAST)
    take_one(f"visits:{name}", limit=1)
    ratelimit.consume(None, action="doors", key=name)
    vault.write_object(name, b"")
    tempfile.mkdtemp()
    EmailMessage("to").send()
"""


def test_a_new_bucket_cache_key_log_folder_mail_and_temporary_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "look.py").write_text(PLANTED)

    class Planted:
        STORAGES = {**settings.STORAGES, "pictures": {}}
        CACHES = {**settings.CACHES, "pages": {}}
        LOGGING = {"handlers": {"console": {}, "file": {}}}
        MAIL_DIR = PICTURE_FOLDER = tmp_path
        FLAVOUR_COOKIE_NAME = "flavour"

    planted = places(Planted, [Source(tmp_path, tmp_path / "accounts" / "look.py")])
    new = {fault.partition(" is not")[0] for fault in faults_of_stores(STORES, planted) if "is not in" in fault}
    assert new == {
        *("STORAGES:pictures", "CACHES:pages", "LOGGING:file", "DIR:MAIL_DIR", "DIR:PICTURE_FOLDER"),
        *("COOKIE:FLAVOUR_COOKIE_NAME", "cache:guest", "cache:seen", "cache:visits", "limit:doors"),
        *("object:accounts/look.py", "temporary:accounts/look.py", "mail:accounts/look.py"),
    }
    gone = [fault for fault in faults_of_stores(STORES, planted) if "there is none" in fault]
    assert "object:sealing/actions/accept_document.py is in the catalogue, and there is none" in gone


def test_what_is_kept_has_a_purpose_a_rule_and_a_way_to_go() -> None:
    assert faults_of_entries((*TABLES, *STORES), RULE, PURPOSE) == []
    names = [table.name for table in TABLES]
    keys = [store.key for store in STORES]
    assert (len(set(names)), len(set(keys))) == (len(names), len(keys))
    assert {table.name.partition("_")[0] for table in TABLES if Kind.CONTENT in table.fields.values()} <= {
        *("accounts", "billing", "sealing", "kernel")
    }


def test_every_rule_keeps_something() -> None:
    """Some take away earlier what `content` and `person` keep."""
    used = {entry.retention for entry in (*TABLES, *STORES)} | {rule for table in TABLES for rule in table.longer}
    used -= {""}
    assert {rule.key for rule in RULES} - used <= {
        *("inactive_account", "downgrade_excess", "rights_export", "unfinished_account")
    }


def test_what_customers_keep_is_theirs_and_the_rest_is_ours() -> None:
    """D9: in a customer's schema and its documents the operator is processor, everywhere else controller."""
    for table in TABLES:
        processor = PURPOSE[table.purpose].role is Role.PROCESSOR
        assert processor == (table.name.startswith("sealing_") or table.name == "kernel_customerkey"), table.name
