"""What must always hold, each as one SQL statement that counts the exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from django.db import connection

from portal.invariants.accounts import ACCOUNTS
from portal.invariants.certificates import CERTIFICATES
from portal.invariants.documents import DOCUMENTS
from portal.invariants.payments import PAYMENTS
from portal.invariants.privacy import PRIVACY
from portal.invariants.sealing import SEALING
from portal.invariants.subscriptions import SUBSCRIPTIONS
from portal.invariants.usage import USAGE

_PUBLIC = {**ACCOUNTS, **USAGE, **SUBSCRIPTIONS, **CERTIFICATES, **DOCUMENTS, **PAYMENTS, **PRIVACY}


def broken_invariants(asked: Callable[[str], bool] = lambda _statement: True) -> dict[str, int]:
    """Name and number of exceptions of every invariant that does not hold, or of those `asked` for by statement."""
    found = Counter(_counts({name: statement for name, statement in _PUBLIC.items() if asked(statement)}))
    sealing = {name: statement for name, statement in SEALING.items() if asked(statement)}
    for customer, schema in _customers() if sealing else ():
        names = {"schema": connection.ops.quote_name(schema), "customer": f"'{customer}'"}
        found.update(_counts({name: statement.format(**names) for name, statement in sealing.items()}))
    return {name: count for name, count in found.items() if count}


def _customers() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, schema_name FROM public.accounts_customer WHERE status <> 'closed'")
        return list(cursor.fetchall())


def _counts(statements: Mapping[str, str]) -> dict[str, int]:
    """What each statement counts, asked in one question."""
    names = list(statements)
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT {place}, ({statements[name]})" for place, name in enumerate(names)))
        return {names[place]: int(count) for place, count in cursor.fetchall()}
