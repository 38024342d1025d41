"""A card company over HTTP on loopback that speaks the part of Stripe's REST API we use, and misbehaves as told.

It keeps idempotency keys as Stripe does: the same key and body has the first answer again, whether or not that answer
arrived; the same key with another body is an error. Its messages are signed by the public library's own code.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stripe import WebhookSignature

Answer = tuple[int, dict[str, Any]]
KEY, SECRET = "sk_test_double", "whsec_double"


@dataclass
class CardCompany:
    """What it knows, what it was asked, and what goes wrong.

    `faults` are taken one a request: `before` (nothing reached it), `after` (it did what was asked, and the answer is
    lost), `slow` (answers after a second), `500`. `declines` are the codes of the next off-session charges.
    """

    now: datetime
    url: str = ""
    faults: list[str] = field(default_factory=list)
    declines: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, tuple[dict[str, str], Answer]] = field(default_factory=dict)
    events: list[tuple[bytes, str]] = field(default_factory=list)
    waits: threading.Event = field(default_factory=threading.Event)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [thing for thing in self.things.values() if thing["object"] == kind]

    @property
    def taken(self) -> int:
        """All money that it has taken from cards, in cents."""
        return sum(intent["amount_received"] for intent in self.of("payment_intent"))

    # --- What happens there without us

    def pay(self, session_id: str, *, cents: int | None = None, status: str = "succeeded", **lies: Any) -> str:
        """The customer pays on the page; `cents` and `lies` are what it then tells otherwise. Returns the intent."""
        session = self.things[session_id]
        amount = session["amount_total"] if cents is None else cents
        intent = self._new(
            "payment_intent",
            "pi",
            status=status,
            amount=session["amount_total"],
            amount_received=amount if status == "succeeded" else 0,
            currency="eur",
            metadata=session["metadata"],
            last_payment_error=None,
            latest_charge={"id": "ch_1", "created": int(self.now.timestamp())},
        )
        intent.update(lies)
        session.update(status="complete", payment_intent=intent["id"], payment_status="paid")
        self.tell("checkout.session.completed", session)
        self.tell("payment_intent.succeeded", intent)
        return str(intent["id"])

    def save(self, session_id: str, *, last4: str = "4242") -> None:
        """The customer saves a card on the page of a setup."""
        session, customer = self.things[session_id], self._new("customer", "cus")
        card = {"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2029}
        method = self._new("payment_method", "pm", card=card, customer=customer["id"])
        intent = self._new("setup_intent", "seti", status="succeeded", payment_method=method["id"])
        session.update(status="complete", customer=customer["id"], setup_intent=intent["id"])
        self.tell("checkout.session.completed", session)

    def expire(self, session_id: str) -> None:
        self.things[session_id]["status"] = "expired"
        self.tell("checkout.session.expired", self.things[session_id])

    def dispute(self, intent_id: str, *, cents: int, status: str = "needs_response") -> str:
        dispute = self._new(
            "dispute", "dp", payment_intent=intent_id, amount=cents, currency="eur", status=status, metadata={}
        )
        self.tell("charge.dispute.created", dispute)
        return str(dispute["id"])

    def change(self, thing_id: str, kind: str, **facts: Any) -> None:
        """Something becomes otherwise, and a message tells of it."""
        self.things[thing_id].update(facts)
        self.tell(kind, self.things[thing_id])

    def tell(self, kind: str, thing: dict[str, Any]) -> None:
        """Put a signed message into `events`; the test posts it when, in which order and how often it likes."""
        event = {"id": f"evt_{next(self._numbers)}", "object": "event", "type": kind, "data": {"object": dict(thing)}}
        self.events.append(self.signed(json.dumps(event)))

    def signed(self, body: str, *, secret: str = SECRET, at: datetime | None = None) -> tuple[bytes, str]:
        time = int((at or self.now).timestamp())
        signature = WebhookSignature._compute_signature(f"{time}.{body}", secret)
        return body.encode(), f"t={time},v1={signature}"

    # --- Its API

    def answer(self, method: str, path: str, form: dict[str, str], key: str) -> Answer:
        self.asked.append((method, path))
        if key and key in self.keys:
            before, answer = self.keys[key]
            if before != form:
                return 400, {"error": {"type": "idempotency_error", "message": "another body"}}
            return answer
        answer = self._route(method, path.removeprefix("/v1/"), form)
        if key:
            self.keys[key] = (form, answer)
        return answer

    def _route(self, method: str, path: str, form: dict[str, str]) -> Answer:
        parts = path.split("/")
        made: dict[tuple[str, str], Callable[[dict[str, str]], Answer]] = {
            ("POST", "checkout/sessions"): self._open_session,
            ("POST", "payment_intents"): self._charge,
            ("GET", "payment_intents"): self._list,
            ("POST", "refunds"): self._refund,
        }
        if step := made.get((method, path)):
            return step(form)
        thing = self.things.get(next((part for part in parts if part in self.things), ""))
        if thing is None:
            return _error(404, "resource_missing")
        if method == "GET":
            return 200, self._expanded(thing, form)
        if parts[-1] == "expire":
            if thing["status"] != "open":
                return _error(400, "resource_missing")
            self.expire(thing["id"])
        if parts[-1] == "detach":
            thing["customer"] = None
        return 200, thing

    def _open_session(self, form: dict[str, str]) -> Answer:
        cents = int(form.get("line_items[0][price_data][unit_amount]", 0))
        session = self._new(
            "checkout.session",
            "cs",
            mode=form["mode"],
            status="open",
            amount_total=cents,
            currency="eur",
            client_reference_id=form["client_reference_id"],
            metadata={"order": form["metadata[order]"]},
            payment_intent=None,
            setup_intent=None,
            customer=None,
        )
        session["url"] = f"{self.url}/pay/{session['id']}"
        return 200, session

    def _charge(self, form: dict[str, str]) -> Answer:
        code = self.declines.pop(0) if self.declines else ""
        error = {"type": "card_error", "code": code if code == "authentication_required" else "card_declined"}
        if code != "authentication_required":
            error["decline_code"] = code
        cents = int(form["amount"])
        intent = self._new(
            "payment_intent",
            "pi",
            status="requires_payment_method" if code else "succeeded",
            amount=cents,
            amount_received=0 if code else cents,
            currency=form["currency"],
            customer=form["customer"],
            metadata={"order": form["metadata[order]"]},
            last_payment_error=error if code else None,
            latest_charge={"id": "ch_2", "created": int(self.now.timestamp())},
        )
        self.tell("payment_intent.payment_failed" if code else "payment_intent.succeeded", intent)
        return (402, {"error": {**error, "payment_intent": intent}}) if code else (200, intent)

    def _list(self, form: dict[str, str]) -> Answer:
        found = [intent for intent in self.of("payment_intent") if intent.get("customer") == form["customer"]]
        return 200, {"object": "list", "data": found, "has_more": False, "url": "/v1/payment_intents"}

    def _refund(self, form: dict[str, str]) -> Answer:
        intent, cents = self.things[form["payment_intent"]], int(form["amount"])
        gone = sum(each["amount"] for each in self.of("refund") if each["payment_intent"] == intent["id"])
        if cents + gone > intent["amount_received"]:
            return _error(400, "charge_already_refunded")
        refund = self._new(
            "refund",
            "re",
            status="succeeded",
            payment_intent=intent["id"],
            amount=cents,
            currency="eur",
            metadata={"refund": form.get("metadata[refund]", "")},
        )
        self.tell("refund.created", refund)
        return 200, refund

    def _expanded(self, thing: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
        found = dict(thing)
        for path in (value for name, value in form.items() if name.startswith("expand")):
            name, _dot, inner = path.partition(".")
            if isinstance(found.get(name), str):
                found[name] = self._expanded(self.things[found[name]], {"expand[0]": inner})
        return found

    def _new(self, kind: str, prefix: str, **facts: Any) -> dict[str, Any]:
        thing = {"id": f"{prefix}_{next(self._numbers)}", "object": kind, "created": int(self.now.timestamp()), **facts}
        self.things[thing["id"]] = thing
        return thing


def _error(status: int, code: str) -> Answer:
    return status, {"error": {"type": "invalid_request_error", "code": code, "message": code}}


class _Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    company: CardCompany

    def do_GET(self) -> None:
        self._serve("GET", dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._serve("POST", dict(parse_qsl(body.decode())))

    def _serve(self, method: str, form: dict[str, str]) -> None:
        assert self.headers["Authorization"] == f"Bearer {KEY}"
        fault = self.company.faults.pop(0) if self.company.faults else ""
        if fault == "before":
            return self._hang_up()
        status, answer = self.company.answer(
            method, urlsplit(self.path).path, form, self.headers.get("Idempotency-Key") or ""
        )
        if fault == "after":
            return self._hang_up()
        if fault == "slow":
            self.company.waits.wait(5)
        if fault == "500":
            status, answer = 500, {"error": {"type": "api_error", "message": "ours"}}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def card_company(now: datetime) -> Iterator[CardCompany]:
    """A card company that listens until the block ends."""
    company = CardCompany(now=now)
    visit = type("Visit", (_Visit,), {"company": company})
    server = ThreadingHTTPServer(("127.0.0.1", 0), visit)
    company.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield company
    finally:
        company.waits.set()
        server.shutdown()
        server.server_close()
