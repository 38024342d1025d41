"""Webhooks cannot be made to knock at inner doors (attacks 8, 52, 60), and nobody reaches another's."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from django.test import Client

from accounts.actions._webhooks import WebhookAddressUnfit
from accounts.actions.create_webhook import create_webhook
from accounts.actions.follow_events import follow_events
from accounts.gateways.webhooks import post
from accounts.models import WebhookAttempt, WebhookDelivery
from accounts.rules.webhook_addresses import UnfitAddress, target_of
from kernel import clock, outbox, runner
from tests.cast import Cast
from tests.doors.test_accounts_people import HOST
from tests.doors.test_webhooks import program, sent
from tests.doubles.receiver import answering, receiver

HOSTILE = [
    *("http://hooks.example.com/", "ftp://hooks.example.com/", "gopher://hooks.example.com/", "file:///etc/passwd"),
    *("https://127.0.0.1/", "https://127.1/", "https://0x7f000001/", "https://2130706433/", "https://017700000001/"),
    *("https://0x7f.1/", "https://①②⑦.⓪.⓪.①/", "https://１２７.０.０.１/", "https://127。0。0。1/"),
    *("https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[fe80::1%25eth0]/"),
    *(
        "https://localhost/",
        "https://localhost./",
        "https://printer.local/",
        "https://db.internal/",
        "https://x.onion/",
    ),
    *("https://user@hooks.example.com/", "https://user:pw@hooks.example.com/", "https://hooks.example.com@127.0.0.1/"),
    *("https://hooks.example.com:25/", "https://hooks.example.com:6379/", "https://hooks.example.com:80/"),
    *("https://hooks.example.com:99999/", "https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com/#x"),
    *("https://hooks.example.com/\r\nX-Evil: 1", "https://hooks.example.com/ x", "https:///x", "https://", "hooks", ""),
    *("https://hooks..example.com/", "https://-a.example.com/", f"https://{'a' * 64}.example.com/", "https://xn--/"),
    "https://hooks.example.com/" + "a" * 2000,
]
INNER = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "::ffff:169.254.169.254", "64:ff9b::7f00:1"]


@pytest.fixture(autouse=True)
def _public_only(settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = []


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A resolver that answers so, one list after the other and then always the last; returns the names asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        addresses = [host]  # connecting to an address asks, too
        if not host.replace(".", "").isdigit():
            asked.append(host)
            addresses = answers[min(len(asked), len(answers)) - 1]
        if not addresses:
            raise socket.gaierror
        return [(socket.AF_INET6 if ":" in ip else socket.AF_INET, 1, 6, "", (ip, port)) for ip in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("url", HOSTILE)
def test_an_address_that_leads_elsewhere_than_it_seems_is_no_address(url: str) -> None:
    with pytest.raises(UnfitAddress):
        target_of(url)


def test_the_operators_own_machine_is_reached_in_development_only(cast: Cast, settings: Any) -> None:
    for url in ("http://127.0.0.1:6379/", "http://localhost/", "https://localhost:8443/"):
        target_of(url, loopback=True)
        with pytest.raises(WebhookAddressUnfit):
            create_webhook(actor=cast.dave.actor, url=url, now=clock.now())


@pytest.mark.parametrize("inner", INNER)
def test_a_name_that_leads_inside_is_refused_even_beside_a_public_address(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    resolving(monkeypatch, ["93.184.216.34", inner])
    answer = sent(program(cast.dave), "post", "/api/v1/webhooks", url="https://hooks.example.com/")
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_address_unfit")
    assert post(target_of("https://hooks.example.com/"), b"{}", {}).error == "address_refused"


def test_a_name_that_cannot_be_resolved_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, [])
    answer = sent(program(cast.dave), "post", "/api/v1/webhooks", url="https://hooks.example.com/")
    assert answer.json()["code"] == "webhook_address_unfit"


def test_a_name_that_leads_inside_later_gets_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: public when it is added, inner when it is delivered to."""
    with receiver() as inside:
        port = int(inside.url.rsplit(":", 1)[1].partition("/")[0])
        monkeypatch.setattr("accounts.rules.webhook_addresses.PORTS", {443, port})
        asked = resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
        url = f"https://rebinding.example.com:{port}/"
        create_webhook(actor=cast.dave.actor, url=url, types=["seal.sealed"], now=clock.now())
        outbox.emit("seal.published", now=clock.now(), customer_id=cast.acme.id, subject="seal_1")
        follow_events(now=clock.now())
        runner.drain()
        assert asked == ["rebinding.example.com"] * 2  # asked once for each connection
        assert inside.requests == []
    assert WebhookAttempt.objects.get().error == "address_refused"


def test_a_redirect_inside_is_a_failure_and_is_not_followed(cast: Cast, settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with receiver() as inside, receiver() as outside:
        for status in (301, 302, 303, 307, 308):
            outside.conduct = answering(status, Location=inside.url)
            answer = post(target_of(outside.url, loopback=True), b"{}", {})
            assert answer.status == status
        assert inside.requests == []


def test_a_certificate_for_another_name_is_refused(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    ours = certificate(tmp_path, "hooks.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(ours))
    resolving(monkeypatch, ["127.0.0.1"])
    with receiver(ours) as hooks:
        port = int(hooks.url.rsplit(":", 1)[1].partition("/")[0])
        monkeypatch.setattr("accounts.rules.webhook_addresses.PORTS", {443, port})
        good = post(target_of(f"https://hooks.example.com:{port}/"), b"{}", {})
        assert (good.status, good.error) == (204, "")  # pinned to the address, and TLS by the name
        assert hooks.requests[0][1]["host"] == f"hooks.example.com:{port}"
        wrong = post(target_of(f"https://other.example.com:{port}/"), b"{}", {})
        assert wrong.error == "tls_failed"
    assert len(hooks.requests) == 1


def certificate(folder: Any, name: str) -> Any:
    """A self-signed certificate for a name, with its key, in one PEM file."""
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), clock.now()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "receiver.pem"
    path.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


def test_another_customers_webhooks_and_messages_are_not_found(cast: Cast, settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with receiver() as hooks:
        webhook, _keys = create_webhook(actor=cast.alice.actor, url=hooks.url, types=["seal.sealed"], now=clock.now())
        outbox.emit("seal.published", now=clock.now(), customer_id=cast.acme.id, subject="seal_1")
        follow_events(now=clock.now())
        runner.drain()
        before = len(hooks.requests)
        delivery, theirs = WebhookDelivery.objects.get(), program(cast.mallory)
        path = f"/api/v1/webhooks/{webhook.id}"
        asked = [
            theirs.get(path),
            sent(theirs, "patch", path, url="https://evil.example.com/"),
            theirs.delete(path),
            sent(theirs, "post", f"{path}/rotate"),
            sent(theirs, "post", f"{path}/test"),
            theirs.get(f"{path}/deliveries"),
            sent(theirs, "post", f"{path}/deliveries/{delivery.id}/replay"),
        ]
        own, _keys = create_webhook(actor=cast.mallory.actor, url=hooks.url, types=["seal.sealed"], now=clock.now())
        mixed = sent(theirs, "post", f"/api/v1/webhooks/{own.id}/deliveries/{delivery.id}/replay")
        runner.drain()
        assert {answer.status_code for answer in [*asked, mixed]} == {404}
        assert len(hooks.requests) == before
    portal = cast.mallory.client()
    for step in ("secret", "rotate", "test", "enable", "disable", "delete", "change", "replay_failed"):
        assert portal.post(cast.mallory.url(f"developers/webhooks/{webhook.id}/"), {"action": step}).status_code == 404
    for mine_or_not in (webhook.id, own.id):
        page = cast.mallory.url(f"developers/webhooks/{mine_or_not}/deliveries/{delivery.id}/")
        assert portal.get(page).status_code == 404
        assert portal.post(page, {"action": "replay"}).status_code == 404


def test_no_field_of_a_webhook_can_be_given_that_is_not_offered(cast: Cast, settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    webhook, _keys = create_webhook(actor=cast.dave.actor, url="http://127.0.0.1:9/", now=clock.now())
    client = program(cast.dave)
    for field in ("customer", "customer_id", "live", "state", "keys", "public_key", "failing_since", "seen_event"):
        answer = sent(client, "patch", f"/api/v1/webhooks/{webhook.id}", **{field: "x"})
        assert answer.json()["errors"][0]["code"] == "unknown_field"


def test_a_token_without_the_scope_and_a_session_reach_no_webhook(cast: Cast) -> None:
    token = cast.alice.token(scopes=frozenset({"seal.create", "event.read"}))
    client = Client(**HOST, headers={"Authorization": f"Bearer {token}"})
    body = json.dumps({"url": "https://hooks.example.com/"})
    assert client.post("/api/v1/webhooks", body, content_type="application/json").status_code == 403
    assert client.get("/api/v1/webhooks").status_code == 403
    assert cast.alice.client().get("/api/v1/webhooks").status_code == 401
