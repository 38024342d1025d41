"""What we ask of a card company (payment service provider), whichever it is. In EUR; no card number comes here.

What it says in a message, or a browser brings back, is never believed: it only makes us fetch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Protocol

from django.utils.translation import gettext_lazy as _

from kernel.errors import Outage, Refusal


class PspDown(Outage):
    """The card company has not answered, or not so that it is clear what happened. It may have taken the money."""

    code: ClassVar[str] = "card_company_down"

    def __init__(self, detail: str = "") -> None:
        super().__init__(_("The card company does not answer at present. You are not charged twice."))
        self.reason = detail


class PspRefused(Exception):
    """The card company has said no, for good; `code` is its word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ForgedMessage(Refusal):
    """A message that the card company has not signed, or not within the last minutes."""

    code = "forged_message"
    status = 400
    title = _("This message is not signed by the card company.")


class PaymentState(StrEnum):
    """How a payment stands at the card company."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class MovementState(StrEnum):
    """How a refund or a dispute stands: whether the money has left us."""

    PENDING = "pending"
    DONE = "done"
    UNDONE = "undone"


@dataclass(frozen=True, kw_only=True)
class Order:
    """A payment that is asked for: `id` is our own and the idempotency key; it can be asked for again unchanged.

    `back_url` is where the customer comes back to after paying, `away_url` after deciding not to, `until` when the
    page closes.
    """

    id: str
    amount: Decimal
    number: str
    back_url: str
    away_url: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A saved card that is charged without its holder (off-session); `id` as in `Order`."""

    id: str
    amount: Decimal
    number: str
    customer_ref: str
    method_ref: str


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A page on which a card is saved and nothing paid; `id` as in `Order`."""

    id: str
    back_url: str
    away_url: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """What was made at the card company, and where the customer is sent."""

    provider_id: str
    url: str


@dataclass(frozen=True, kw_only=True)
class FetchedPayment:
    """A payment as the card company has it. `order_id` is our id as given; `received` what came, at `paid_at`."""

    provider_id: str
    order_id: str
    state: PaymentState
    received: Decimal
    currency: str
    intent_id: str = ""
    failure_code: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FetchedCard:
    """The result of a `Setup`: done once `method_ref` is there; `over` when it will never be."""

    setup_id: str
    order_id: str
    over: bool
    customer_ref: str = ""
    method_ref: str = ""
    brand: str = ""
    last4: str = ""
    expiry_year: int | None = None
    expiry_month: int | None = None


@dataclass(frozen=True, kw_only=True)
class FetchedMovement:
    """A refund, or a dispute with which the card's holder takes money back; `amount` in EUR."""

    provider_id: str
    intent_id: str
    state: MovementState
    amount: Decimal
    currency: str
    refund_id: str = ""
    failure_code: str = ""


class Topic(StrEnum):
    """What a message is about."""

    PAYMENT = "payment"
    SETUP = "setup"
    REFUND = "refund"
    DISPUTE = "dispute"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message with a true signature. `subject` is the provider's id of what it is about, `order_id` ours if told."""

    event_id: str
    kind: str
    topic: Topic
    subject: str
    order_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What this card company can do for us."""

    saves_cards: bool
    pays_by_bank: bool


class PaymentGateway(Protocol):
    """A card company. Every call may raise `PspDown`; none is made inside a database transaction."""

    name: str
    capabilities: Capabilities

    def create_payment(self, order: Order) -> Page:
        """Make the payment's page, or name the one made before for the same order. Raises `PspRefused`."""
        ...

    def fetch_payment(self, provider_id: str) -> FetchedPayment:
        """How a payment stands now."""
        ...

    def find_payment(self, order_id: str, *, customer_ref: str, since: datetime) -> FetchedPayment | None:
        """The charge of a saved card made for our `order_id`, looked for among those since then; None if none was."""
        ...

    def cancel_payment(self, provider_id: str) -> None:
        """Close a payment's page; one that is paid or closed stays as it is."""
        ...

    def charge_saved(self, charge: Charge) -> FetchedPayment:
        """Charge a saved card, or tell of the charge made before for the same id; refused is a state here."""
        ...

    def create_setup(self, setup: Setup) -> Page:
        """Make the page on which a card is saved, or name the one made before. Raises `PspRefused`."""
        ...

    def fetch_setup(self, setup_id: str) -> FetchedCard:
        """What was saved on a page of `create_setup`."""
        ...

    def detach(self, method_ref: str) -> None:
        """Have a saved card forgotten; one that is forgotten already is no error."""
        ...

    def refund(self, *, refund_id: str, intent_id: str, amount: Decimal) -> FetchedMovement:
        """Give money back, once for each `refund_id`. Raises `PspRefused`."""
        ...

    def fetch_refund(self, provider_id: str) -> FetchedMovement:
        """How a refund stands now."""
        ...

    def fetch_dispute(self, provider_id: str) -> FetchedMovement:
        """How a dispute stands now: done while the money is taken from us, undone when we have it back."""
        ...

    def verify_webhook(self, body: bytes, signature: str, *, now: datetime) -> Message:
        """The message in `body`; raises `ForgedMessage`."""
        ...
