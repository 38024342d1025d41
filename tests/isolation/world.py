"""Two customers that have something to hide from each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.test import Client
from django.test.utils import override_settings

from accounts.actions.change_webhook import change_webhook
from accounts.actions.create_webhook import create_webhook
from accounts.actions.follow_events import follow_events
from accounts.actions.give_notice import give_notice
from accounts.actions.invite_member import invite_member
from accounts.models import ApiToken, Invitation
from accounts.rules.permissions import TOKEN_SCOPES, Role
from billing.actions.file_invoice import file_invoice
from billing.actions.publish_add_on import publish_add_on
from billing.actions.record_special_terms import record_special_terms
from billing.rules.periods import months_after
from billing.rules.rating import SpecialTerms
from kernel import clock, runner
from kernel.actor import Actor
from kernel.tenancy.context import customer_schema
from sealing.formats.sample import sample_pdf
from sealing.models import Seal
from tests.cast import Cast, Member
from tests.factories.billing import finalised_invoice
from tests.factories.orders import minuted_order
from tests.isolation.routes import API, PORTAL, Route
from tests.waiting import wait_for
from trust.models import SealCertificate

# What exists nowhere, but looks as if it could.
INVENTED = {
    "seal_id": "seal_01jdinventedinventedinven",
    "certificate_id": "cert_01jdinventedinventedinven",
    "order_id": "ord_01jdinventedinventedinven",
    "batch_id": "batch_01jdinventedinventedinven",
    "webhook_id": "whk_01jdinventedinventedinven",
    "delivery_id": "dlv_01jdinventedinventedinven",
    "notice_id": "ntc_01jdinventedinventedinven",
    "member_id": "mem_01jdinventedinventedinven",
    "membership_id": "mem_01jdinventedinventedinven",
    "invitation_id": "inv_01jdinventedinventedinven",
    "terms_id": "spt_01jdinventedinventedinven",
    "code": "invented-service",
    "number": "INV-1999-000001",
    "kind": "pdf",
    "provider": "stripe",
    "customer_id": "cus_1",
    "object_id": "1",  # last: the others have a 1 in them
    "secret": "invented",
    "rest": "Groups/invented",
}
NOBODY = "no-such-customer"


@dataclass(frozen=True)
class World:
    """Acme, with everything that Mallory of Globex would like to see, and what Mallory has herself."""

    cast: Cast
    seal: str
    test_seal: str
    seal_of_bob: str
    mallorys_seal: str
    certificate: str
    order: str
    token: str
    test_token: str
    mallorys_token: str
    invitation: str
    batch: str
    webhook: str
    delivery: str
    notice: str
    add_on: str
    terms: str
    number: str

    @property
    def ids(self) -> dict[str, str]:
        """Acme's things, by the name of the URL parameter that leads to them."""
        return INVENTED | {
            "seal_id": self.seal,
            "certificate_id": self.certificate,
            "order_id": self.order,
            "batch_id": self.batch,
            "webhook_id": self.webhook,
            "delivery_id": self.delivery,
            "notice_id": self.notice,
            "member_id": self.cast.bob.membership.id,
            "membership_id": self.cast.bob.membership.id,
            "invitation_id": self.invitation,
            "code": self.add_on,
            "terms_id": self.terms,
            "number": self.number,
            "rest": "Groups/group_1",
        }

    @property
    def secrets(self) -> set[str]:
        """What must never stand in an answer to anybody outside Acme."""
        acme = self.cast.acme
        people = (self.cast.alice, self.cast.bob, self.cast.carol, self.cast.dave)
        rows = {
            self.seal,
            self.test_seal,
            self.seal_of_bob,
            self.certificate,
            self.order,
            self.invitation,
            "acme-contract",
            self.batch,
            self.webhook,
            self.delivery,
            self.notice,
            self.add_on,
            self.terms,
            self.number,
        }
        tokens = set(ApiToken.objects.filter(customer=acme).values_list("id", flat=True))
        members = {member.membership.id for member in people} | {member.person.email for member in people}
        return rows | tokens | members | {acme.id, acme.slug, acme.schema_name}


def seal(client: Client, path: str, *, name: str, **headers: Any) -> str:
    """Ask for a seal at `path` and have the workers make it."""
    file = BytesIO(sample_pdf())
    file.name = f"{name}.pdf"
    answer = client.post(path, {"file": file, "reference": name}, headers=headers)
    assert answer.status_code == 202, answer.content
    runner.drain()
    identifier: str = answer.json()["id"]
    return identifier


def batch(client: Client, *, name: str, **headers: Any) -> str:
    """A batch of one document, which the workers have finished."""
    file = BytesIO(sample_pdf())
    file.name = f"{name}.pdf"
    answer = client.post("/api/v1/batches", {"file": file}, headers=headers)
    assert answer.status_code == 202, answer.content
    runner.drain()
    identifier: str = answer.json()["id"]
    return identifier


@override_settings(EGRESS_ALLOWED_NETWORKS=["127.0.0.0/8"])
def webhook_of(member: Member) -> tuple[str, str]:
    """A webhook at which nobody answers, and a message to it."""
    webhook, _keys = create_webhook(
        actor=member.actor, url="http://127.0.0.1:9/", types=["webhook.changed"], now=clock.now()
    )
    change_webhook(actor=member.actor, webhook_id=webhook.id, description="acme-hook", now=clock.now())

    def followed() -> bool:  # while any transaction of the server runs, even another test's, later events wait
        follow_events(now=clock.now())
        return bool(webhook.deliveries.exists())

    wait_for(followed, "the message to the webhook")
    runner.drain()
    return webhook.id, webhook.deliveries.get().id


def add_on_for(member: Member) -> str:
    """A service that is offered to the member's customer alone."""
    code = "acme-service"
    publish_add_on(
        actor=Actor.system("tests"),
        code=code,
        name=code,
        description="",
        interval="once",
        amount=Decimal("1.00"),
        customer_id=member.customer.id,
        now=clock.now(),
    )
    return code


def terms_of(member: Member) -> str:
    """Special terms of the member's customer, from the month after next on."""
    return record_special_terms(
        actor=Actor.system("tests"),
        customer_id=member.customer.id,
        overrides=SpecialTerms(included=1),
        starts_on=months_after(clock.legal_date(clock.now()).replace(day=1), 2),
        ends_on=None,
        signed_on=clock.legal_date(clock.now()),
        document=sample_pdf(),
        document_name="acme-agreement.pdf",
        now=clock.now(),
    )


def filed_invoice(customer_id: str) -> str:
    """An invoice with files: its number."""
    invoice = finalised_invoice(customer_id, now=clock.now())
    file_invoice(
        actor=Actor.system("tests"), invoice_id=invoice.id, pdf=b"%PDF-", ubl=b"<u/>", cii=b"<c/>", now=clock.now()
    )
    return str(invoice.number)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def make_world(cast: Cast, client: Client) -> World:
    """Seals made through the doors themselves, so that everything about them is as it always is."""
    webhook, delivery = webhook_of(cast.alice)
    tokens = {live: cast.alice.token(live=live) for live in (True, False)}
    mallorys = cast.mallory.token()
    invite_member(actor=cast.alice.actor, email="erin@example.org", role=Role.MEMBER, now=clock.now())
    api = "/api/v1/seals"
    return World(
        cast=cast,
        seal=seal(client, api, name="acme-contract", **bearer(tokens[True])),
        test_seal=seal(client, api, name="acme-contract-test", **bearer(tokens[False])),
        seal_of_bob=seal(cast.bob.client(), cast.bob.url("seal/upload/"), name="acme-contract-bob"),
        mallorys_seal=seal(client, api, name="globex-contract", **bearer(mallorys)),
        certificate=SealCertificate.objects.get(customer=cast.acme, live=True).id,
        order=minuted_order(cast.alice.actor, SealCertificate.objects.get(customer=cast.acme, live=True)).id,
        token=tokens[True],
        test_token=tokens[False],
        mallorys_token=mallorys,
        invitation=Invitation.objects.get(customer=cast.acme).id,
        batch=batch(client, name="acme-contract-batch", **bearer(tokens[True])),
        webhook=webhook,
        delivery=delivery,
        number=filed_invoice(cast.acme.id),
        notice=give_notice(
            kind="member.joined",
            customer_id=cast.acme.id,
            now=clock.now(),
            permission="member.manage",
            facts={"name": "Erin", "role": "member"},
        ).id,
        add_on=add_on_for(cast.alice),
        terms=terms_of(cast.alice),
    )


MASKS = (
    (re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]+'), r"\1"),
    (re.compile(r'("?csrf-?token"?[=:]\s*")[^"]+', re.IGNORECASE), r"\1"),
    (re.compile(r"req_\w+"), ""),
)


def told(answer: Any, *own: str) -> tuple[int, str, str]:
    """All that an answer gives away: status, body and destination; what differs by nature or was asked is taken out."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text, location = body.decode("latin-1"), str(answer.headers.get("Location", ""))
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    for word in own:
        text, location = text.replace(word, "?"), location.replace(word, "?")
    return answer.status_code, text, location


def seal_exists(member: Member, seal_id: str) -> bool:
    with customer_schema(member.customer.id):
        return Seal.objects.filter(id=seal_id).exists()


PORTAL_ROUTES = [Route(pattern) for pattern in PORTAL]
API_ROUTES = [Route(pattern) for pattern in API]
ALL_SCOPES = TOKEN_SCOPES
