"""What came in and what it may be for: the input of the rule that matches payments, and what customers see of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet, Sum

from accounts.queries.customers import customers_with_name, names_of_customers
from billing.models import Allocation, DocumentSeries, Invoice, Payment, PaymentFlag
from billing.queries.how_to_pay import HowToPay, how_to_pay
from billing.queries.receivables import credit_of, receivables
from billing.rules.matching import Likeness, Match, Owed, likelihood, match_payment
from billing.rules.references import Named, named_in
from kernel.actor import Actor
from kernel.money import ZERO


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A part of a payment that settles an invoice, EUR."""

    number: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class PaymentView:
    """A payment as its customer sees it, EUR: negative when returned or paid back. `free` is what settles nothing."""

    id: str
    kind: str
    method: str
    amount: Decimal
    value_on: date
    payer_name: str
    settled: tuple[Settled, ...]
    free: Decimal


@dataclass(frozen=True, kw_only=True)
class PaymentsPage:
    """What a customer has paid, newest first, its credit, and how what is open is paid, the one due first first."""

    payments: tuple[PaymentView, ...]
    credit: Decimal
    to_pay: tuple[HowToPay, ...]

    @property
    def open(self) -> Decimal:
        """All that is open, EUR with VAT."""
        return sum((each.amount for each in self.to_pay), ZERO)

    @property
    def usable(self) -> Decimal:
        """What of the credit can be used for what is open, EUR."""
        return min(self.credit, self.open)


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A customer that a payment in the queue may be of; `points` by `rules.matching.likelihood`."""

    customer_id: str
    name: str
    points: int
    open_numbers: tuple[str, ...]


def payments_seen_by(actor: Actor, *, on: date) -> PaymentsPage:
    """The payments page of the actor's customer on the legal date `on`. Raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    paid = Payment.objects.filter(customer_id=actor.customer).order_by("-value_on", "-id")
    owed = receivables(customer_id=actor.customer, only_open=True)
    references = dict(Invoice.objects.filter(pk__in=[each.invoice_id for each in owed]).values_list("pk", "reference"))
    in_turn = sorted(owed, key=lambda each: (each.due_on or date.max, each.number))
    return PaymentsPage(
        payments=tuple(_view(payment) for payment in paid.prefetch_related("allocations__invoice", "reversals")),
        credit=credit_of(actor.customer),
        to_pay=tuple(how_to_pay(each, reference=references[each.invoice_id], on=on) for each in in_turn),
    )


def waiting_payments() -> QuerySet[Payment]:
    """The queue of staff: what nobody knows the customer of, oldest first."""
    return Payment.objects.filter(customer=None).order_by("value_on", "id")


def payments_to_look_at() -> int:
    """How many payments carry a doubt that nobody of staff has cleared."""
    return PaymentFlag.objects.filter(cleared_at=None).count()


def free_amount(payment: Payment) -> Decimal:
    """What of a receipt settles nothing and was not returned, EUR; zero for what is no receipt."""
    if payment.kind != Payment.Kind.RECEIPT:
        return ZERO
    used = payment.allocations.aggregate(total=Sum("amount"))["total"] or ZERO
    back = payment.reversals.aggregate(total=Sum("amount"))["total"] or ZERO
    return Decimal(payment.amount) + back - used


def owed_by(customer_id: str) -> list[Owed]:
    """All that is open of a customer, for the rule."""
    return [
        Owed(invoice_id=each.invoice_id, customer_id=customer_id, open=each.open, due_on=each.due_on)
        for each in receivables(customer_id=customer_id, only_open=True)
    ]


def named_by(texts: Iterable[str]) -> tuple[Named, list[Invoice]]:
    """What a text names, and the invoices among it, paid ones too; credit notes are nothing to pay."""
    series = DocumentSeries.objects.values_list("code", flat=True).distinct()
    named = named_in(texts, series=series)
    found = Invoice.objects.finalised().exclude(kind=Invoice.Kind.CREDIT_NOTE).filter(number__in=named.numbers)
    return named, list(found.order_by("number"))


def match_of(payment: Payment) -> Match:
    """What the rule says about a receipt, as things stand now."""
    named, invoices = named_by([payment.reference, payment.remittance])
    payers = known_payers(payment.payer_account)
    only = next(iter(payers)) if len(payers) == 1 else None
    return match_payment(
        Decimal(payment.amount),
        named=[_owed(invoice) for invoice in invoices],
        unknown=len(named.numbers) > len(invoices),
        doubtful=bool(named.doubtful),
        payers=payers,
        owed_by_payer=owed_by(only) if only else [],
    )


def known_payers(account: str) -> frozenset[str]:
    """The customers that paid from this account before."""
    if not account:
        return frozenset()
    paid = Payment.objects.filter(payer_account=account, kind=Payment.Kind.RECEIPT, customer__isnull=False)
    return frozenset(str(pk) for pk in paid.values_list("customer_id", flat=True))


def receipt_taken_back_by(returned: Payment) -> Payment | None:
    """The receipt that the bank takes back: from the same account, of this amount, not taken back yet, the newest."""
    receipts = Payment.objects.filter(
        kind=Payment.Kind.RECEIPT,
        method=returned.method,
        amount=-returned.amount,
        payer_account=returned.payer_account,
        value_on__lte=returned.value_on,
        reversals=None,
        customer__isnull=False,
    ).exclude(payer_account="")
    same = receipts.filter(reference=returned.reference, remittance=returned.remittance)
    return (same if same.exists() else receipts).order_by("-value_on", "-id").first()


def suggestions_for(payment: Payment) -> list[Suggestion]:
    """Whose a payment in the queue may be, the likeliest first."""
    owed = receivables(only_open=True)
    doubtful = named_by([payment.reference, payment.remittance])[0].doubtful
    payers, alike = known_payers(payment.payer_account), customers_with_name(payment.payer_name)
    meant = {each.customer_id for each in owed if any(_squeeze(each.number) in text for text in doubtful)}
    amounts = {each.customer_id for each in owed if each.open == payment.amount}
    candidates = payers | alike | meant | amounts
    names = names_of_customers(set(candidates))
    found = [
        Suggestion(
            customer_id=customer_id,
            name=names[customer_id],
            points=likelihood(
                Likeness(
                    paid_before=customer_id in payers,
                    amount_open=customer_id in amounts,
                    name_alike=customer_id in alike,
                    reference_alike=customer_id in meant,
                )
            ),
            open_numbers=tuple(each.number for each in owed if each.customer_id == customer_id),
        )
        for customer_id in candidates
    ]
    return sorted(found, key=lambda each: (-each.points, each.name))


def _squeeze(number: str) -> str:
    return number.replace("-", "")


def _owed(invoice: Invoice) -> Owed:
    settled = invoice.allocations.aggregate(total=Sum("amount"))["total"] or ZERO
    return Owed(
        invoice_id=invoice.pk,
        customer_id=str(invoice.customer_id),
        open=Decimal(invoice.gross) - settled,
        due_on=invoice.due_on,
    )


def _view(payment: Payment) -> PaymentView:
    sums: dict[str, Decimal] = {}
    for allocation in payment.allocations.all():
        number = str(allocation.invoice.number)
        sums[number] = sums.get(number, ZERO) + allocation.amount
    settled = tuple(Settled(number=number, amount=amount) for number, amount in sorted(sums.items()) if amount)
    back = sum((each.amount for each in payment.reversals.all()), ZERO)
    receipt = payment.kind == Payment.Kind.RECEIPT
    return PaymentView(
        id=payment.pk,
        kind=payment.kind,
        method=payment.method,
        amount=payment.amount,
        value_on=payment.value_on,
        payer_name=payment.payer_name,
        settled=settled,
        free=payment.amount + back - sum((each.amount for each in settled), ZERO) if receipt else ZERO,
    )


def last_allocations(payment: Payment) -> list[Allocation]:
    """The allocations of a payment that stand, newest first."""
    return list(payment.allocations.filter(reverses=None, reversal=None).order_by("-id"))
