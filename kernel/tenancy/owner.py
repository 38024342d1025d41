"""Two roles in the database: the owner of the public tables, which migrates, and the application's, which cannot.

The application's role makes and owns customers' schemas. Of the audit trail it may write entries and read the rest:
links and ends of chains are written by a function of the owner's (clause C3).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

# {role} is the application's; run by the owner after every migration, and safe to repeat.
GRANTS = """
    GRANT USAGE ON SCHEMA public TO {role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
    GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role};
    DO $$
    DECLARE part regclass; owned record;
    BEGIN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO {role}', current_database());
        FOR part IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind IN ('r', 'p') AND c.relname LIKE 'kernel\\_audit%'
        LOOP
            EXECUTE format('REVOKE ALL ON %s FROM {role}', part);
        END LOOP;
        FOR owned IN SELECT n.nspname FROM pg_namespace n WHERE n.nspname LIKE 'c\\_%'
            AND n.nspowner <> '{role}'::regrole
        LOOP
            EXECUTE format('ALTER SCHEMA %I OWNER TO {role}', owned.nspname);
        END LOOP;
        FOR owned IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname LIKE 'c\\_%' AND c.relkind IN ('r', 'p') AND c.relowner <> '{role}'::regrole
        LOOP
            EXECUTE format('ALTER TABLE %s OWNER TO {role}', owned.name);
        END LOOP;
    END $$;
    GRANT SELECT ON kernel_auditentry, kernel_auditlink, kernel_auditchain, kernel_auditcut, kernel_auditclass,
        kernel_auditcheckpoint, kernel_auditcheckpointhead TO {role};
    GRANT INSERT ON kernel_auditentry, kernel_auditcheckpoint, kernel_auditcheckpointhead TO {role};
    REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON kernel_erasable FROM {role}; -- nobody shortens a period
    REVOKE UPDATE, DELETE, TRUNCATE ON trust_auditkey FROM {role}; -- by which old checkpoints are verified
"""


@contextmanager
def as_owner() -> Iterator[str | None]:
    """Work as the owner of the public tables, if that is another role; gives the application's, else None.

    Not inside a transaction.
    """
    if not settings.DATABASE_OWNER or settings.DATABASE_OWNER["USER"] == connection.settings_dict["USER"]:
        yield None
        return
    usual = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update({name: settings.DATABASE_OWNER[name] for name in usual})
    try:
        yield str(usual["USER"])
    finally:
        connection.close()
        connection.settings_dict.update(usual)


def grant_to_application(role: str) -> None:
    """Give the application's role what it needs, and nothing by which history could be changed."""
    with connection.cursor() as cursor:
        cursor.execute(GRANTS.replace("{role}", connection.ops.quote_name(role).strip('"')), None)


def may_make_schemas() -> bool:
    """Whether the role in use can open customers. It is a right on the database, which no dump of one has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        return bool(cursor.fetchone()[0])


_MAY_CHANGE_HISTORY = """
    WITH history AS (
        SELECT c.oid, c.relowner, c.relnamespace FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname LIKE 'kernel\\_audit%'
    )
    SELECT bool_or(owner.here) FROM (
        SELECT has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER') OR pg_has_role(relowner, 'USAGE')
          FROM history
        UNION ALL
        SELECT pg_has_role(p.proowner, 'USAGE') FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE t.tgrelid IN (SELECT oid FROM history) AND NOT t.tgisinternal
        UNION ALL
        SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE oid = 'public'::regnamespace
    ) AS owner(here)
"""


def may_change_history() -> bool:
    """Whether the role in use could change the audit trail.

    The tables' owner can, who owns the functions of their triggers, and who owns the schema or the database, because
    that one may drop what others have made there; so can a superuser.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MAY_CHANGE_HISTORY)
        return bool(cursor.fetchone()[0])
