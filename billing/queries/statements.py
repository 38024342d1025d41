"""What a bank statement says, before anything of it is imported."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.queries.customers import names_of_customers
from billing.gateways.camt import Malformed, Movement, Statement, read_camt053
from billing.models import Invoice, Payment
from billing.queries.payments import match_of
from billing.rules.epc import in_groups, plain
from billing.rules.matching import Match
from kernel.errors import Refusal

_SHOWN = 500


class StatementUnreadable(Refusal):
    """No camt.053 statement, or one with something missing in it; the detail says what. Nothing is imported."""

    code = "statement_unreadable"
    title = _("This file is no account statement that can be read.")


class StatementOfOtherAccount(Refusal):
    """Money on an account that invoices are not paid to is not ours to book."""

    code = "statement_of_other_account"
    title = _("This is the statement of another account.")


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """A payment in a statement and what would become of it: whose it is and the numbers that it settles."""

    movement: Movement
    new: bool
    match: Match
    customer: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A statement that is not imported yet; `foreseen` are its first 500 payments."""

    statement: Statement
    entries: int
    new_entries: int
    foreseen: tuple[Foreseen, ...]


def preview_statement(content: bytes) -> Preview:
    """What importing this file would do; raises as `read_statement` does.

    Each payment is looked at as things stand now: two for one invoice both seem to settle it.
    """
    statement = read_statement(content)
    told, new = payments_in(statement)
    fresh = {movement.key for movement in new}
    matches = [(movement, match_of(_as_payment(movement))) for movement in told[:_SHOWN] if movement.amount > 0]
    names = names_of_customers({match.customer_id for _movement, match in matches if match.customer_id})
    paid = [part.invoice_id for _movement, match in matches for part in match.parts]
    numbers = dict(Invoice.objects.filter(pk__in=paid).values_list("pk", "number"))
    foreseen = tuple(
        Foreseen(
            movement=movement,
            new=movement.key in fresh,
            match=match,
            customer=names.get(match.customer_id or "", ""),
            numbers=tuple(str(numbers[part.invoice_id]) for part in match.parts),
        )
        for movement, match in matches
    )
    return Preview(statement=statement, entries=len(told), new_entries=len(new), foreseen=foreseen)


def read_statement(content: bytes) -> Statement:
    """The statement in a file. Raises `StatementUnreadable`, and `StatementOfOtherAccount` for any but our own."""
    try:
        statement = read_camt053(content)
    except Malformed as error:
        raise StatementUnreadable(error.why) from error
    if statement.account != plain(settings.OPERATOR_IBAN):
        raise StatementOfOtherAccount(
            _("This is the statement of the account %(account)s; invoices are paid to %(ours)s.")
            % {"account": in_groups(statement.account), "ours": in_groups(settings.OPERATOR_IBAN)}
        )
    return statement


def payments_in(statement: Statement) -> tuple[list[Movement], list[Movement]]:
    """The receipts and returns of a statement, and those of them that no statement told of before."""
    told = [movement for movement in statement.movements if movement.amount > 0 or movement.returned]
    known = set(
        Payment.objects.filter(dedupe_key__in=[movement.key for movement in told]).values_list("dedupe_key", flat=True)
    )
    return told, [movement for movement in told if movement.key not in known]


def _as_payment(movement: Movement) -> Payment:
    return Payment(
        kind=Payment.Kind.RECEIPT,
        amount=movement.amount,
        payer_account=movement.payer_account,
        reference=movement.reference,
        remittance=movement.remittance,
    )
