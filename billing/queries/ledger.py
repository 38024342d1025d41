"""The books as reports: the balance of each account, and the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from billing.models import Account, Posting
from kernel.money import ZERO

JOURNAL_COLUMNS = (
    "entry",
    "booked_on",
    "recorded_at",
    "kind",
    "document_type",
    "document_id",
    "account",
    "customer",
    "debit",
    "credit",
)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """One account of the trial balance, EUR; `balance` is debits less credits."""

    account: str
    name: str
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        return self.debit - self.credit


def trial_balance(*, until: date | None = None) -> list[Balance]:
    """Every account with what was booked on it up to and including the day `until`; the balances sum to zero."""
    postings = Posting.objects.filter(entry__booked_on__lte=until) if until else Posting.objects.all()
    sums = {
        row["account"]: row
        for row in postings.values("account").annotate(
            debit=Coalesce(Sum("amount", filter=Q(amount__gt=0)), ZERO),
            credit=Coalesce(Sum("amount", filter=Q(amount__lt=0)), ZERO),
        )
    }
    none = {"debit": ZERO, "credit": ZERO}
    return [
        Balance(
            account=account.value,
            name=str(account.label),
            debit=sums.get(account.value, none)["debit"],
            credit=-sums.get(account.value, none)["credit"],
        )
        for account in Account
    ]


def journal(*, first: date, last: date) -> Iterator[tuple[object, ...]]:
    """One line for each posting booked from `first` to `last`, both included, in the order in which they were made."""
    postings = Posting.objects.filter(entry__booked_on__range=(first, last)).select_related("entry")
    for posting in postings.order_by("entry_id", "id").iterator(chunk_size=1000):
        entry, amount = posting.entry, posting.amount
        yield (
            entry.pk,
            entry.booked_on.isoformat(),
            entry.recorded_at.isoformat(timespec="seconds"),
            entry.kind,
            entry.document_type,
            entry.document_id,
            posting.account,
            posting.customer_id or "",
            amount if amount > 0 else "",
            -amount if amount < 0 else "",
        )
