"""What is really kept: every column of the database, and every place outside it, as settings and code have it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection

from tests.architecture.source import ROOT, Source, dotted, sources

COLUMNS = """
    SELECT c.relname, a.attname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0
           AND NOT a.attisdropped
"""
# Calls that keep something outside the database, and how the catalogue names where they stand.
WRITERS = {
    "object": {"vault.write_object"},
    "temporary": {
        *(f"tempfile.{name}" for name in ("TemporaryFile", "NamedTemporaryFile", "TemporaryDirectory", "mkstemp")),
        *("tempfile.SpooledTemporaryFile", "tempfile.mkdtemp"),
    },
    "mail": {"EmailMessage", "EmailMultiAlternatives", "send_mail", "super.send_mail", "mail_admins"},
}
COUNTING = "accounts/api/throttling.py"  # which keys it counts under, those who call it say
OF_CACHES = {"get", "set", "add", "incr", "decr", "delete", "touch", "get_or_set", "set_many", "get_many"}


def columns(*schemas: str) -> dict[str, set[str]]:
    """The fields of each table; partitions are their table's."""
    found: dict[str, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [list(schemas)])
        for table, column in cursor.fetchall():
            found[table].add(column)
    return found


def places(settings: Any, read: list[Source] | None = None) -> set[str]:
    """Every place outside the tables, as the catalogue's `found` names it."""
    return {*_of_settings(settings), *(place for source in read or _product() for place in _of_code(source))}


def _product() -> list[Source]:
    return [source for source in sources(ROOT) if source.parts[:2] != ("portal", "devstack")]


def _of_settings(settings: Any) -> Iterator[str]:
    yield from (f"STORAGES:{alias}" for alias in settings.STORAGES)
    yield from (f"CACHES:{alias}" for alias in settings.CACHES)
    yield from (f"LOGGING:{name}" for name in settings.LOGGING["handlers"])
    for name in dir(settings):
        if name in {"MEDIA_ROOT", "STATIC_ROOT"}:
            continue
        if re.search(r"_(DIR|FOLDER)$", name) and not name.startswith(("BASE", "VAR", "TEST_")):
            yield f"DIR:{name}"
        elif name.endswith("_FILENAME"):
            yield f"FILE:{name}"
        elif name.endswith("_COOKIE_NAME") and not name.startswith("CSRF"):
            yield f"COOKIE:{name}"
        elif name.endswith("BROKER_URL"):
            yield f"QUEUE:{name}"


def _of_code(source: Source) -> Iterator[str]:
    for call in source.calls:
        name = dotted(call.func)
        for kind, writers in WRITERS.items():
            if name in writers:
                yield f"{kind}:{source.name}"
        if name in {"take_one", "throttling.take_one"} and source.name != COUNTING and call.args:
            yield f"cache:{_family(call.args[0], source)}"
        if name == "ratelimit.consume":
            yield from (f"limit:{each.value.value}" for each in call.keywords if each.arg == "action")  # type: ignore[attr-defined]
        if _asks_a_cache(call) and source.name != COUNTING and call.args and (family := _family(call.args[0], source)):
            yield f"cache:{family}"
    if source.name == COUNTING:
        yield from (
            f"cache:{_family(node, source)}"
            for function in source.functions
            if function.name == "_name_of"
            for node in ast.walk(function)
            if isinstance(node, ast.JoinedStr)
        )


def _asks_a_cache(call: ast.Call) -> bool:
    """`caches["counters"].add(...)` and `cache.set(...)`."""
    match call.func:
        case ast.Attribute(value=ast.Subscript(value=ast.Name(id="caches")), attr=method):
            return method in OF_CACHES
        case ast.Attribute(value=ast.Name(id="cache"), attr=method):
            return method in OF_CACHES
    return False


def _family(key: ast.expr, source: Source) -> str:
    """What the key begins with, up to the colon: `jobs` for "jobs:bell", also by way of a constant of the module."""
    if isinstance(key, ast.Name):
        assigned = [node for node in source.nodes if isinstance(node, ast.Assign)]
        key = next((node.value for node in assigned if dotted(node.targets[0]) == dotted(key)), key)
    text = ""
    if isinstance(key, ast.Constant):
        text = str(key.value)
    elif isinstance(key, ast.JoinedStr) and key.values and isinstance(key.values[0], ast.Constant):
        text = str(key.values[0].value)
    return text.partition(":")[0] or f"a key that {source.name} makes up"
