"""Customer schemas: identical whichever way they are made, and separate from what the operator keeps."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django_tenants.utils import schema_context

from kernel.tenancy.blueprint import blueprint, create_schema
from tests.cast import Cast

# Everything that makes a schema what it is, with its own name taken out.
FINGERPRINT = """
    SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
           || a.attidentity::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'constraint', r.conrelid::regclass::text, r.conname, pg_get_constraintdef(r.oid)
      FROM pg_constraint r JOIN pg_namespace n ON n.oid = r.connamespace WHERE n.nspname = %(schema)s
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s
    UNION ALL
    SELECT 'trigger', t.tgrelid::regclass::text, t.tgname, pg_get_triggerdef(t.oid)
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = %(schema)s AND NOT t.tgisinternal
    UNION ALL
    SELECT 'sequence', sequencename, '', data_type::text || start_value || increment_by || max_value
      FROM pg_sequences WHERE schemaname = %(schema)s
    UNION ALL
    SELECT 'function', p.proname, '', pg_get_functiondef(p.oid)
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %(schema)s
"""


def _fingerprint(schema: str) -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT, {"schema": schema})
        return {tuple(part.replace(schema, "<schema>") for part in row) for row in cursor.fetchall()}


def _make_with_django(schema: str) -> None:
    """As django-tenants does it: Django's own executor, within the schema."""
    from django.db.migrations.executor import MigrationExecutor

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
    with schema_context(schema):
        executor = MigrationExecutor(connection)
        executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in settings.TENANT_APPS])


def test_a_schema_from_the_blueprint_is_the_one_that_migrations_make(db: None) -> None:
    create_schema("c_replayed")
    _make_with_django("c_migrated")
    replayed, migrated = _fingerprint("c_replayed"), _fingerprint("c_migrated")
    own_bookkeeping = {row for row in replayed | migrated if row[1].endswith("django_migrations")}
    assert {row for row in replayed ^ migrated if row not in own_bookkeeping} == set()
    assert len(replayed - own_bookkeeping) > 30


def test_the_fingerprint_sees_every_kind_of_difference(db: None) -> None:
    create_schema("c_one")
    untouched = _fingerprint("c_one")
    with connection.cursor() as cursor:
        for change in (
            "ALTER TABLE c_one.sealing_seal ADD COLUMN extra integer",
            "ALTER TABLE c_one.sealing_seal ALTER COLUMN size SET NOT NULL",
            "ALTER TABLE c_one.sealing_seal DROP CONSTRAINT seal_failure_has_code",
            "DROP INDEX c_one.seal_newest",
            "CREATE TRIGGER t BEFORE DELETE ON c_one.sealing_seal EXECUTE FUNCTION tsvector_update_trigger()",
        ):
            before = _fingerprint("c_one")
            cursor.execute(change)
            assert _fingerprint("c_one") != before, change
    assert _fingerprint("c_one") != untouched


def test_customer_apps_migrate_by_sql_alone(db: None) -> None:
    """`blueprint()` raises `NotReplayable` for a migration that runs Python or needs its own transaction."""
    assert {step["app"] for step in blueprint()} == set(settings.TENANT_APPS)


def test_no_table_is_in_public_and_in_a_customer_schema(cast: Cast) -> None:
    public, customer = _tables("public"), _tables(cast.acme.schema_name)
    assert customer
    assert public & customer == {"django_migrations"}


def test_no_foreign_key_leads_from_a_customer_schema_to_public(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.conname FROM pg_constraint r JOIN pg_class t ON t.oid = r.confrelid"
            " JOIN pg_namespace own ON own.oid = r.connamespace JOIN pg_namespace other ON other.oid = t.relnamespace"
            " WHERE r.contype = 'f' AND own.nspname <> other.nspname AND own.nspname LIKE 'c\\_%%'"
        )
        assert cursor.fetchall() == []


def _tables(schema: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return {name for (name,) in cursor.fetchall()}
