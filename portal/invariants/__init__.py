"""What must always hold, each as one SQL statement that counts the exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

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


def broken_invariants() -> dict[str, int]:
    """Name and number of exceptions of every invariant that does not hold."""
    found = Counter(_counts(_PUBLIC))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, schema_name FROM public.accounts_customer WHERE status <> 'closed'")
        customers = cursor.fetchall()
    for customer, schema in customers:
        names = {"schema": connection.ops.quote_name(schema), "customer": f"'{customer}'"}
        found.update(_counts({name: statement.format(**names) for name, statement in SEALING.items()}))
    return {name: count for name, count in found.items() if count}


def _counts(statements: Mapping[str, str]) -> dict[str, int]:
    """What each statement counts, asked in one question."""
    names = list(statements)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT {place}, ({statements[name]})" for place, name in enumerate(names)))
        return {names[place]: int(count) for place, count in cursor.fetchall()}
