"""What pages and tasks ask about cards: whether they are offered, which one is saved, how an invoice is being paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from billing.gateways.cards import card_gateway
from billing.models import Allocation, CardPayment, CardRefund, Invoice, Payment, SavedCard
from billing.queries.receivables import Receivable, receivable
from billing.rules.card_payments import page_usable
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.money import ZERO


def cards_offered() -> bool:
    """Whether this installation has a card company."""
    return card_gateway() is not None


@dataclass(frozen=True, kw_only=True)
class Paying:
    """One invoice to be paid: what is open, the newest card payment if there is one, and the saved card."""

    invoice: Invoice
    receivable: Receivable
    card_payment: CardPayment | None
    saved_card: SavedCard | None
    page_url: str

    @property
    def is_paid(self) -> bool:
        return self.receivable.open == 0

    @property
    def is_confirming(self) -> bool:
        """Whether a card payment is on its way: the customer may have paid, and we do not know yet."""
        return self.card_payment is not None and self.card_payment.is_open


def paying(actor: Actor, *, number: str, now: datetime) -> Paying:
    """What the pages about paying an invoice show. Raises `Forbidden` without `billing.read` and `NotFound`."""
    actor.require("billing.read")
    invoice = Invoice.objects.finalised().filter(customer_id=actor.customer, number=number).first()
    found = receivable(invoice.pk) if invoice else None
    if invoice is None or found is None:
        raise NotFound
    newest = CardPayment.objects.filter(invoice=invoice).order_by("-created_at", "-id").first()
    fits = newest is not None and newest.amount == found.open and page_usable(newest.created_at, now)
    return Paying(
        invoice=invoice,
        receivable=found,
        card_payment=newest,
        saved_card=saved_card_of(actor.customer),
        page_url=newest.page_url if newest and newest.is_open and fits else "",
    )


def newest_card_payment(actor: Actor, *, number: str) -> str | None:
    """The id of the newest card payment of an invoice. Raises `Forbidden` without `billing.read`."""
    actor.require("billing.read")
    rows = CardPayment.objects.filter(customer_id=actor.customer, invoice__number=number)
    return rows.order_by("-created_at", "-id").values_list("pk", flat=True).first()


def saved_card_of(customer_id: str) -> SavedCard | None:
    """The card that the customer's invoices are charged to."""
    return SavedCard.objects.live().filter(customer_id=customer_id).first()


@dataclass(frozen=True, kw_only=True)
class CardPage:
    """The saved card, the one asked for that is not saved yet, and the words of the consent to the next."""

    saved: SavedCard | None
    asked_for: SavedCard | None
    consent: str
    charges: list[CardPayment]


def card_page(actor: Actor) -> CardPage:
    """What the page about the saved card shows. Raises `Forbidden` without `billing.read`, `NotFound` without cards."""
    actor.require("billing.read")
    if not cards_offered():
        raise NotFound
    charges = CardPayment.objects.filter(customer_id=actor.customer, saved_card__isnull=False)
    return CardPage(
        saved=saved_card_of(actor.customer),
        asked_for=SavedCard.objects.filter(customer_id=actor.customer, saved_at=None, removed_at=None).first(),
        consent=consent_words(),
        charges=list(charges.select_related("invoice").order_by("-created_at")[:12]),
    )


def consent_words() -> str:
    """What a customer agrees to when it saves a card (B13), in the reader's language."""
    return _(
        "%(operator)s may charge each of our invoices to this card on the day we receive it, until the card is removed."
        " This holds for the last invoices after a plan was cancelled, too. Each charge is told to us; if the card is"
        " refused, it is tried again after 3 and after 10 days, and the invoice stays due as it says."
    ) % {"operator": settings.OPERATOR_NAME}


def refundable_card_payments(card_payment_id: str) -> QuerySet[CardPayment]:
    """The card payment by that id if it was paid."""
    return CardPayment.objects.filter(pk=card_payment_id, state=CardPayment.State.SUCCEEDED)


def used_of(receipt_id: str) -> Decimal:
    """What the money of a receipt settles, also where it had come back once, EUR."""
    ours = Q(payment=receipt_id) | Q(payment__reverses__reverses=receipt_id)
    return Allocation.objects.filter(ours).aggregate(total=Sum("amount"))["total"] or ZERO


def unused_of(receipt_id: str) -> Decimal:
    """What of it is still with us and settles nothing, unless it went back by transfer, EUR."""
    ours = Q(pk=receipt_id) | Q(reverses=receipt_id) | Q(reverses__reverses=receipt_id)
    came = Payment.objects.filter(ours).aggregate(total=Sum("amount"))["total"] or ZERO
    return Decimal(came - used_of(receipt_id))


def credit_promised(customer_id: str, *, besides: str = "") -> Decimal:
    """How much of the customer's credit goes back to cards by refunds that are not booked yet, EUR.

    A refund takes what of its payment settles nothing, and only then opens an invoice again. `besides` is a card
    payment that does not count.
    """
    under_way = CardRefund.objects.filter(
        card_payment__customer_id=customer_id, state__in=[CardRefund.State.ASKED, CardRefund.State.PENDING]
    )
    asked = under_way.exclude(card_payment=besides).values_list("card_payment__payment").annotate(total=Sum("amount"))
    return sum((min(total, unused_of(receipt_id)) for receipt_id, total in asked.order_by()), ZERO)
