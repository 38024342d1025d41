"""Take over what a bank statement says came in, once, however often the bank tells it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from billing.actions._ledger import post
from billing.gateways.camt import Movement
from billing.models import Account, BankStatement, Payment, UnfitEntry
from billing.queries.statements import payments_in, read_statement
from kernel.actor import Actor
from kernel.audit import record
from kernel.errors import Refusal
from kernel.money import CURRENCY
from kernel.outbox import emit


class StatementImportedAlready(Refusal):
    """The very same file was imported before."""

    code = "statement_imported_already"
    status = 409
    title = _("This file was imported before. Nothing has changed.")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import did: payments in the file, those that were new, and entries that are not taken over."""

    statement_id: str
    entries: int
    new_entries: int
    unfit: int


_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('billing.import_statement', 0))"


def import_statement(*, actor: Actor, content: bytes, file_name: str, now: datetime) -> Imported:
    """Write every receipt and return of a camt.053 file that is not known yet, with its entry in the books.

    All or nothing; two imports at once take turns. Whose each payment is follows by itself (`payment.imported`). What
    the operator paid out is not taken over. Raises `StatementUnreadable`, `StatementOfOtherAccount`,
    `StatementImportedAlready`.
    """
    actor.require("billing.manage")
    statement = read_statement(content)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
        if BankStatement.objects.filter(sha256=digest).exists():
            raise StatementImportedAlready
        told, new = payments_in(statement)
        row = BankStatement.objects.create(
            sha256=digest,
            file_name=file_name[-200:],
            account=statement.account,
            first_on=statement.first_on,
            last_on=statement.last_on,
            entries=len(told),
            new_entries=len(new),
            imported_at=now,
            imported_by=actor.name,
        )
        _write(row, new, now)
        UnfitEntry.objects.bulk_create(
            UnfitEntry(
                statement=row,
                reason=entry.reason,
                amount=entry.amount,
                currency=entry.currency,
                booked_on=entry.booked_on,
                remittance=entry.remittance,
            )
            for entry in statement.unfit
        )
        facts = {"file": row.file_name, "entries": len(told), "new": len(new), "unfit": len(statement.unfit)}
        record(actor=actor, action="statement.imported", now=now, subject=row.pk, details=facts)
    return Imported(statement_id=row.pk, entries=len(told), new_entries=len(new), unfit=len(statement.unfit))


def _write(statement: BankStatement, movements: list[Movement], now: datetime) -> None:
    for movement in movements:
        payment = Payment.objects.create(
            kind=Payment.Kind.RECEIPT if movement.amount > 0 else Payment.Kind.RETURN,
            method=Payment.Method.BANK,
            amount=movement.amount,
            currency=CURRENCY,
            value_on=movement.value_on,
            recorded_at=now,
            payer_name=movement.payer_name,
            payer_account=movement.payer_account,
            reference=movement.reference,
            remittance=movement.remittance,
            dedupe_key=movement.key,
            statement=statement,
        )
        amounts = [(Account.BANK, None, movement.amount), (Account.UNASSIGNED, None, -movement.amount)]
        kind = "received" if movement.amount > 0 else "returned"
        post(kind=kind, document=("payment", payment.pk), amounts=amounts, on=movement.booked_on, now=now)
        emit("payment.imported", now=now, customer_id=None, subject=payment.pk)
