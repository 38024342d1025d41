"""Stripe as a card company: its REST API through its SDK, with idempotency keys of ours and amounts in cents."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import urllib3

from billing.gateways.psp import (
    Capabilities,
    Charge,
    FetchedCard,
    FetchedMovement,
    FetchedPayment,
    ForgedMessage,
    Message,
    MovementState,
    Order,
    Page,
    PaymentState,
    PspDown,
    PspRefused,
    Setup,
    Topic,
)
from billing.rules.card_payments import MESSAGE_TOLERANCE

if TYPE_CHECKING:
    from stripe import StripeClient

API_BASE = "https://api.stripe.com"
CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
_Answer = TypeVar("_Answer")
_INTENT_STATES = {
    "succeeded": PaymentState.SUCCEEDED,
    "canceled": PaymentState.CANCELLED,
    "requires_payment_method": PaymentState.FAILED,
    "requires_action": PaymentState.FAILED,  # nobody is there to act when a saved card is charged
}
_REFUND_STATES = {"succeeded": MovementState.DONE, "failed": MovementState.UNDONE, "canceled": MovementState.UNDONE}
# Inquiries (warning_…) take no money. A dispute does until it is won.
_DISPUTE_STATES = {
    "needs_response": MovementState.DONE,
    "under_review": MovementState.DONE,
    "lost": MovementState.DONE,
    "won": MovementState.UNDONE,
}


class StripeGateway:
    """Stripe with one account of the operator's. `base` is another server's address in tests."""

    name = "stripe"
    capabilities = Capabilities(saves_cards=True, pays_by_bank=True)

    def __init__(
        self, *, secret_key: str, webhook_secret: str, base: str = API_BASE, read_seconds: float = READ_SECONDS
    ) -> None:
        self._secret_key, self._webhook_secret, self._base = secret_key, webhook_secret, base
        self._read_seconds = read_seconds

    def create_payment(self, order: Order) -> Page:
        """Make a Checkout Session with the methods that the account has switched on."""
        line = {
            "quantity": 1,
            "price_data": {
                "currency": "eur",
                "unit_amount": _cents(order.amount),
                "product_data": {"name": order.number},
            },
        }
        return self._page(
            {
                "mode": "payment",
                "line_items": [line],
                "client_reference_id": order.id,
                "metadata": {"order": order.id},
                "payment_intent_data": {"metadata": {"order": order.id}, "description": order.number},
                "success_url": order.back_url,
                "cancel_url": order.away_url,
                "expires_at": int(order.until.timestamp()),
            },
            key=order.id,
        )

    def fetch_payment(self, provider_id: str) -> FetchedPayment:
        """A Checkout Session (cs_) with its PaymentIntent, or a PaymentIntent alone (pi_)."""
        if provider_id.startswith("pi_"):
            whole: Any = {"expand": ["latest_charge"]}
            return _charge(self._asked(lambda client: client.v1.payment_intents.retrieve(provider_id, whole)))
        expand: Any = {"expand": ["payment_intent.latest_charge"]}
        return _session_payment(self._asked(lambda client: client.v1.checkout.sessions.retrieve(provider_id, expand)))

    def find_payment(self, order_id: str, *, customer_ref: str, since: datetime) -> FetchedPayment | None:
        """Look through the PaymentIntents of a customer; a page of 100 holds years of them."""
        wanted: Any = {"customer": customer_ref, "created": {"gte": int(since.timestamp()) - 60}, "limit": 100}
        found = self._asked(lambda client: client.v1.payment_intents.list(wanted))
        charges = (_charge(intent) for intent in found["data"])
        return next((charge for charge in charges if charge.order_id == order_id), None)

    def cancel_payment(self, provider_id: str) -> None:
        """Expire the session. Stripe refuses it for one that is complete, which the next fetch will tell."""
        try:
            if provider_id.startswith("pi_"):
                self._asked(lambda client: client.v1.payment_intents.cancel(provider_id))
            else:
                self._asked(lambda client: client.v1.checkout.sessions.expire(provider_id))
        except PspRefused:
            return

    def charge_saved(self, charge: Charge) -> FetchedPayment:
        """A PaymentIntent confirmed off-session: strong authentication makes it fail instead of waiting."""
        wanted: Any = {
            "amount": _cents(charge.amount),
            "currency": "eur",
            "customer": charge.customer_ref,
            "payment_method": charge.method_ref,
            "payment_method_types": ["card"],
            "off_session": True,
            "confirm": True,
            "description": charge.number,
            "metadata": {"order": charge.id},
        }
        options: Any = {"idempotency_key": charge.id}
        try:
            return _charge(self._asked(lambda client: client.v1.payment_intents.create(wanted, options)))
        except _Declined as declined:
            if declined.intent:
                return _charge(declined.intent)
            return _refused_charge(charge.id, declined.code)
        except PspRefused as refused:
            return _refused_charge(charge.id, refused.code)

    def create_setup(self, setup: Setup) -> Page:
        """A Checkout Session in setup mode, with a new customer of Stripe's for the card."""
        return self._page(
            {
                "mode": "setup",
                "currency": "eur",
                "customer_creation": "always",
                "payment_method_types": ["card"],
                "client_reference_id": setup.id,
                "metadata": {"order": setup.id},
                "success_url": setup.back_url,
                "cancel_url": setup.away_url,
            },
            key=setup.id,
        )

    def fetch_setup(self, setup_id: str) -> FetchedCard:
        """The session with the card that was saved."""
        expand: Any = {"expand": ["setup_intent.payment_method"]}
        session = self._asked(lambda client: client.v1.checkout.sessions.retrieve(setup_id, expand))
        intent = session.get("setup_intent") or {}
        method = (intent.get("payment_method") or {}) if intent.get("status") == "succeeded" else {}
        card = method.get("card") or {}
        return FetchedCard(
            setup_id=session["id"],
            order_id=_order_of(session),
            over=session.get("status") == "expired",
            customer_ref=session.get("customer") or "",
            method_ref=method.get("id", ""),
            brand=card.get("brand", ""),
            last4=card.get("last4", ""),
            expiry_year=card.get("exp_year"),
            expiry_month=card.get("exp_month"),
        )

    def detach(self, method_ref: str) -> None:
        """Take the card from its Stripe customer. Stripe refuses it for one that is gone."""
        try:
            self._asked(lambda client: client.v1.payment_methods.detach(method_ref))
        except PspRefused:
            return

    def refund(self, *, refund_id: str, intent_id: str, amount: Decimal) -> FetchedMovement:
        """A Refund of a PaymentIntent."""
        wanted: Any = {"payment_intent": intent_id, "amount": _cents(amount), "metadata": {"refund": refund_id}}
        options: Any = {"idempotency_key": refund_id}
        return _movement(self._asked(lambda client: client.v1.refunds.create(wanted, options)), _REFUND_STATES)

    def fetch_refund(self, provider_id: str) -> FetchedMovement:
        """One Refund."""
        return _movement(self._asked(lambda client: client.v1.refunds.retrieve(provider_id)), _REFUND_STATES)

    def fetch_dispute(self, provider_id: str) -> FetchedMovement:
        """One Dispute."""
        return _movement(self._asked(lambda client: client.v1.disputes.retrieve(provider_id)), _DISPUTE_STATES)

    def verify_webhook(self, body: bytes, signature: str, *, now: datetime) -> Message:
        """Stripe-Signature, scheme v1: HMAC-SHA-256 over time and body; several, while a secret is replaced."""
        parts = [part.partition("=")[::2] for part in signature.split(",")]
        signed = next((value for name, value in parts if name.strip() == "t"), "")
        wanted = hmac.new(self._webhook_secret.encode(), signed.encode() + b"." + body, hashlib.sha256).hexdigest()
        given = [value for name, value in parts if name.strip() == "v1"]
        if not self._webhook_secret or not any(hmac.compare_digest(wanted.encode(), each.encode()) for each in given):
            raise ForgedMessage
        if not signed.isdecimal() or abs(now.timestamp() - int(signed)) > MESSAGE_TOLERANCE / timedelta(seconds=1):
            raise ForgedMessage
        return _message(body)

    def _page(self, wanted: Any, *, key: str) -> Page:
        options: Any = {"idempotency_key": key}
        session = self._asked(lambda client: client.v1.checkout.sessions.create(wanted, options))
        url = str(session.get("url") or "")
        if not url.startswith(("https://", self._base)):
            raise PspDown("it names no page")
        return Page(provider_id=session["id"], url=url)

    def _client(self) -> StripeClient:
        import stripe  # a third of a second, which pages without cards need not wait for

        return stripe.StripeClient(
            self._secret_key,
            base_addresses={"api": self._base},
            http_client=_http_client(self._read_seconds),
            max_network_retries=0,
        )

    def _asked(self, ask: Callable[[StripeClient], _Answer]) -> dict[str, Any]:
        """What Stripe answered, or PspDown, PspRefused or _Declined. What is unclear is an outage, and asked again."""
        import stripe

        try:
            answer: Any = ask(self._client())
        except stripe.CardError as error:
            raise _Declined(_word(error), _intent_of(error)) from error
        except stripe.IdempotencyError as error:  # the same key with another body would be a fault of ours
            raise PspDown(str(error)) from error
        except stripe.InvalidRequestError as error:
            if error.http_status in {409, 429}:  # the first request with this key is still running
                raise PspDown(str(error)) from error
            raise PspRefused(error.code or "invalid_request") from error
        except stripe.StripeError as error:
            raise PspDown(type(error).__name__) from error
        found: dict[str, Any] = answer.to_dict_recursive() if hasattr(answer, "to_dict_recursive") else answer.to_dict()
        return found


class _Declined(PspRefused):
    def __init__(self, code: str, intent: dict[str, Any]) -> None:
        super().__init__(code)
        self.intent = intent


def _http_client(read_seconds: float) -> Any:
    """A client of the SDK over urllib3, because its own without further libraries has no time limit."""
    import stripe

    class Client(stripe.HTTPClient):
        name = "urllib3"

        def request(
            self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_options: Any
        ) -> tuple[str, int, Mapping[str, str]]:
            timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
            try:
                answer = _POOL.request(
                    method.upper(), url, body=post_data, headers=headers, timeout=timeout, retries=False
                )
            except urllib3.exceptions.HTTPError as error:
                raise stripe.APIConnectionError(type(error).__name__) from error  # type: ignore[no-untyped-call]
            return answer.data.decode(), answer.status, {name.lower(): value for name, value in answer.headers.items()}

    return Client()


_POOL = urllib3.PoolManager(maxsize=8)


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2).to_integral_exact())


def _euros(cents: int | None) -> Decimal:
    return Decimal(cents or 0).scaleb(-2).quantize(Decimal("0.01"))


def _order_of(found: Mapping[str, Any]) -> str:
    return str((found.get("metadata") or {}).get("order") or found.get("client_reference_id") or "")


def _word(error: Any) -> str:
    """The bank's own word for a decline tells more than Stripe's, unless the card's holder has to act."""
    if error.code == "authentication_required":
        return "authentication_required"
    inner = getattr(error.error, "decline_code", None) if error.error else None
    return str(inner or error.code or "card_declined")


def _intent_of(error: Any) -> dict[str, Any]:
    return ((error.json_body or {}).get("error") or {}).get("payment_intent") or {}


def _refused_charge(order_id: str, code: str) -> FetchedPayment:
    return FetchedPayment(
        provider_id="",
        order_id=order_id,
        state=PaymentState.FAILED,
        received=Decimal("0.00"),
        currency="EUR",
        failure_code=code,
    )


def _charge(intent: Mapping[str, Any]) -> FetchedPayment:
    error = intent.get("last_payment_error") or {}
    code = error.get("code") or ""
    if code != "authentication_required":
        code = error.get("decline_code") or code
    state = _INTENT_STATES.get(intent["status"], PaymentState.PENDING)
    if not code and intent["status"] == "requires_action":
        code = "authentication_required"
    return FetchedPayment(
        provider_id=intent["id"],
        order_id=_order_of(intent),
        state=state,
        received=_euros(intent.get("amount_received")) if state is PaymentState.SUCCEEDED else Decimal("0.00"),
        currency=str(intent.get("currency", "")).upper(),
        intent_id=intent["id"],
        failure_code=code if state is not PaymentState.SUCCEEDED else "",
        paid_at=_paid_at(intent.get("latest_charge")),
    )


def _paid_at(charge: Any) -> datetime | None:
    """When the charge was made, where Stripe was asked for it and did not give its id alone."""
    return datetime.fromtimestamp(charge["created"], UTC) if isinstance(charge, dict) else None


def _session_payment(session: Mapping[str, Any]) -> FetchedPayment:
    """On its page a declined customer tries again, and a bank may take days: only the intent says that it is paid."""
    intent = session.get("payment_intent") or {}
    charge = _charge(intent) if intent else None
    paid = charge is not None and charge.state is PaymentState.SUCCEEDED
    if paid:
        state = PaymentState.SUCCEEDED
    elif session.get("status") == "expired":
        state = PaymentState.CANCELLED
    elif session.get("status") == "complete" and charge is not None and charge.state is not PaymentState.PENDING:
        state = PaymentState.FAILED
    else:
        state = PaymentState.PENDING
    return FetchedPayment(
        provider_id=session["id"],
        order_id=_order_of(session),
        state=state,
        received=charge.received if charge and paid else Decimal("0.00"),
        currency=str((intent or session).get("currency") or "").upper(),
        intent_id=charge.intent_id if charge else "",
        failure_code=charge.failure_code if charge and state is PaymentState.FAILED else "",
        paid_at=charge.paid_at if charge else None,
    )


def _movement(found: Mapping[str, Any], states: Mapping[str, MovementState]) -> FetchedMovement:
    return FetchedMovement(
        provider_id=found["id"],
        intent_id=str(found.get("payment_intent") or ""),
        state=states.get(found["status"], MovementState.PENDING),
        amount=_euros(found["amount"]),
        currency=str(found.get("currency", "")).upper(),
        refund_id=str((found.get("metadata") or {}).get("refund") or ""),
        failure_code=str(found.get("failure_reason") or ""),
    )


def _message(body: bytes) -> Message:
    try:
        event = json.loads(body)
        kind, subject = str(event["type"]), event["data"]["object"]
        return Message(
            event_id=str(event["id"])[:120],
            kind=kind[:80],
            topic=_topic(kind, subject),
            subject=str(subject.get("id") or "")[:120],
            order_id=_order_of(subject)[:40],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForgedMessage from error


def _topic(kind: str, subject: Mapping[str, Any]) -> Topic:
    if kind.startswith("checkout.session."):
        return Topic.SETUP if subject.get("mode") == "setup" else Topic.PAYMENT
    if kind.startswith("payment_intent."):
        return Topic.PAYMENT
    if kind.startswith("charge.dispute."):
        return Topic.DISPUTE
    if kind.startswith(("refund.", "charge.refund.")):
        return Topic.REFUND
    return Topic.OTHER
