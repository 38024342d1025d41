"""A browser that somebody left open, or a stolen cookie, gives nothing away for good: sensitive acts ask who it is."""

from __future__ import annotations

from accounts.models import Membership, Webhook
from kernel import clock
from kernel.models import AuditEntry
from tests.cast import Cast

MAIL = {"host": "smtp.acme.example", "tls": "tls", "port": "465", "username": "a", "password": "b", "sender": "a@b.eu"}
ACTS: dict[str, tuple[str, dict[str, object]]] = {
    "an owner is made": ("people/{bob}/", {"action": "role", "role": "owner"}),
    "ownership goes over": ("people/{bob}/", {"action": "transfer", "confirmed_email": "bob"}),
    "an owner is invited": ("people/", {"action": "invite", "email": "x@example.org", "role": "owner"}),
    "a list invites an owner": ("people/list/", {"action": "send", "email": ["x@example.org"], "role": ["owner"]}),
    "all mail goes elsewhere": ("settings/mail/", {"action": "save", **MAIL}),
    "a mail server is used": ("settings/mail/", {"action": "on"}),
    "sign-in rules change": ("settings/sign-in/", {"action": "rules"}),
    "a token may be used from everywhere": ("developers/tokens/", {"action": "limit", "networks": ""}),
    "a token is made": ("developers/tokens/", {"action": "create"}),
    "a webhook is made": ("developers/webhooks/", {"url": "https://evil.example/"}),
    "events go elsewhere": ("developers/webhooks/{webhook}/", {"action": "change", "url": "https://evil.example/"}),
    "a secret is shown": ("developers/webhooks/{webhook}/", {"action": "secret"}),
    "a case is agreed to": ("settings/access/", {"action": "agree", "case": "case_1"}),
    "the contract ends": ("settings/closing/", {"action": "end", "name": "Acme"}),
    "everything is taken": ("settings/export/", {}),
}


def test_nothing_is_done_before_the_person_has_shown_that_it_is_they(cast: Cast) -> None:
    now, place = clock.now(), {"seen_transaction": 0, "seen_event": 0}
    hook = Webhook.objects.create(
        customer=cast.acme, live=True, url="https://acme.example/", keys=b"", created_at=now, **place
    )
    acted = AuditEntry.objects.filter(actor_kind="member").count()
    client = cast.alice.client()
    for act, (path, fields) in ACTS.items():
        address = cast.alice.url(path.format(bob=cast.bob.membership.id, webhook=hook.id))
        answer = client.post(address, fields)
        assert answer.status_code == 302, act
        assert answer["Location"].startswith("/account/reauthenticate/?next="), act
    assert AuditEntry.objects.filter(actor_kind="member").count() == acted


def test_who_signs_in_by_a_code_alone_has_a_way_to_show_it_too(cast: Cast) -> None:
    cast.alice.person.set_unusable_password()
    cast.alice.person.save()
    for path in ("settings/sign-in/", "settings/export/"):
        answer = cast.alice.client().post(cast.alice.url(path), {"action": "rules"})
        assert answer["Location"].startswith("/account/logout/?next="), path


def test_then_an_owner_is_made(cast: Cast) -> None:
    page = cast.alice.url(f"people/{cast.bob.membership.id}/")
    cast.alice.confirmed().post(page, {"action": "role", "role": "owner"})
    assert Membership.objects.get(id=cast.bob.membership.id).role == "owner"
