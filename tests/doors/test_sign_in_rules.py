"""The page on which administrators say how their people sign in, and what follows with the next request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from accounts.actions._invitations import EmailDomainNotAllowed
from accounts.actions.change_sign_in_rules import change_sign_in_rules
from accounts.actions.claim_email_domain import claim_email_domain
from accounts.actions.invite_member import invite_member
from accounts.actions.verify_email_domain import DomainTaken, verify_email_domain
from accounts.gateways.open_id import forget_providers
from accounts.gateways.saml import MetadataRefused, read_metadata
from accounts.models import ApiToken, Customer, EmailDomain, IdentityProvider
from accounts.queries import invitation_secret
from accounts.rules.permissions import Role
from accounts.rules.sign_in import SignInRules
from kernel import clock, runner
from kernel.audit import payload_of
from kernel.errors import Forbidden
from kernel.models import AuditEntry
from tests.cast import PASSWORD, Cast, Member
from tests.doors.sign_in import STAFF, Journey, set_up
from tests.doubles.identity_provider import IdentityProviderDouble, identity_provider

RULES = {"action": "rules", "email_domains": ""}


@pytest.fixture
def double(settings: Any) -> Iterator[IdentityProviderDouble]:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with identity_provider() as running:
        running.person = {"sub": "nora-1", "email": "nora@acme.example", "name": "Nora"}
        yield running
    forget_providers()


def signed_in(member: Member) -> Client:
    """A browser in which this member has just signed in with a password."""
    client = Client(HTTP_HOST="localhost")
    client.post("/account/login/", {"login": member.person.email, "password": PASSWORD})
    return client


def rules_of(customer: Customer) -> SignInRules:
    found: SignInRules = Customer.objects.get(pk=customer.pk).sign_in
    return found


def test_a_second_step_is_asked_of_everybody_with_the_next_request(cast: Cast) -> None:
    bob, page = cast.bob.client(), cast.bob.url("")
    assert bob.get(page).status_code == 200
    alice = signed_in(cast.alice)
    alice.post(cast.alice.url("settings/sign-in/"), {**RULES, "second_step": "on"})
    answer = bob.get(page)
    assert answer.status_code == 403
    assert "/account/2fa/" in answer.content.decode()
    assert cast.mallory.client().get(cast.mallory.url("")).status_code == 200
    Authenticator.objects.create(user=cast.bob.person, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert bob.get(page).status_code == 403  # codes are for who has lost a second step, and are none
    Authenticator.objects.create(user=cast.bob.person, type=Authenticator.Type.WEBAUTHN, data={})
    assert bob.get(page).status_code == 200
    runner.drain()
    assert [cast.alice.person.email] in [each.to for each in mail.outbox]
    told = payload_of(AuditEntry.objects.get(action="sign_in_rules.changed")).details
    assert (told["from"]["second_step"], told["to"]["second_step"]) == (False, True)


def test_the_provider_can_be_the_only_way_in_except_for_owners(cast: Cast, double: IdentityProviderDouble) -> None:
    alice, page = signed_in(cast.alice), cast.alice.url("settings/sign-in/")
    bob = cast.bob.client()
    assert alice.post(page, {**RULES, "provider_required": "on"}).status_code == 302
    assert not rules_of(cast.acme).provider_required  # there is no provider yet, and the page does not offer it
    journey = set_up(cast.alice, double, domain="acme.example")
    assert alice.post(page, {**RULES, "provider_required": "on"}).status_code == 302
    answer = bob.get(cast.bob.url("usage/"))
    assert answer.status_code == 403
    assert f"/account/sso/{journey.provider.id}/?next=/c/{cast.acme.slug}/usage/" in answer.content.decode()
    assert alice.get(cast.alice.url("")).status_code == 200
    assert journey.go().status_code == 302
    assert journey.client.get(cast.bob.url("usage/")).status_code == 200
    alice.post(page, {**RULES, "provider_required": "on", "provider_second_step": "on"})
    assert journey.client.get(cast.bob.url("usage/")).status_code == 403
    double.person["amr"] = ["pwd", "mfa"]
    fresh = Journey(Client(HTTP_HOST="localhost"), journey.provider, double)
    fresh.go()
    assert fresh.client.get(cast.bob.url("usage/")).status_code == 200


def test_invitations_go_to_allowed_domains_only(cast: Cast) -> None:
    earlier = invite_member(actor=cast.alice.actor, email="mallory@outside.example", role=Role.MEMBER, now=clock.now())
    link = f"/invitations/{invitation_secret(earlier.id)}/"
    assert Client(HTTP_HOST="localhost").get(link).status_code == 200
    signed_in(cast.alice).post(
        cast.alice.url("settings/sign-in/"), {**RULES, "email_domains": "Acme.example, acme.example other.example"}
    )
    assert rules_of(cast.acme).email_domains == ("acme.example", "other.example")
    for email in ("x@globex.example", "x@sub.acme.example"):
        with pytest.raises(EmailDomainNotAllowed):
            invite_member(actor=cast.alice.actor, email=email, role=Role.MEMBER, now=clock.now())
    invite_member(actor=cast.alice.actor, email="x@ACME.example", role=Role.MEMBER, now=clock.now())
    assert Client(HTTP_HOST="localhost").get(link).status_code == 404, "the rule holds for what was sent before, too"
    wrong = signed_in(cast.alice).post(cast.alice.url("settings/sign-in/"), {**RULES, "email_domains": "not a domain!"})
    assert wrong.status_code == 422


def test_a_domain_counts_for_one_customer_and_after_staff_have_seen_the_proof(cast: Cast, now: Any) -> None:
    mine, theirs = (
        claim_email_domain(actor=member.actor, name="Acme.example", now=now) for member in (cast.alice, cast.mallory)
    )
    with pytest.raises(Forbidden):
        verify_email_domain(actor=cast.mallory.actor, domain_id=theirs.id, now=now)
    verify_email_domain(actor=STAFF, domain_id=mine.id, now=now)
    with pytest.raises(DomainTaken):
        verify_email_domain(actor=STAFF, domain_id=theirs.id, now=now)
    page = signed_in(cast.mallory).get(cast.mallory.url("settings/sign-in/")).content.decode()
    assert f"sealport-domain={theirs.id}" in page
    assert f'data-dialog="release-{theirs.id}"' not in page, "nothing hangs on it yet"
    page = signed_in(cast.alice).get(cast.alice.url("settings/sign-in/")).content.decode()
    assert f'data-dialog="release-{mine.id}"' in page, "the consequences come first"
    mallory = signed_in(cast.mallory)
    answer = mallory.post(cast.mallory.url("settings/sign-in/"), {"action": "release", "domain": mine.id})
    assert answer.status_code == 404
    assert EmailDomain.objects.filter(id=mine.id).exists()


def test_an_administrator_sets_a_provider_up_step_by_step(cast: Cast, double: IdentityProviderDouble) -> None:
    client, page = signed_in(cast.alice), cast.alice.url("settings/sign-in/")
    assert 'name="provider-issuer"' in client.get(f"{page}?kind=oidc").content.decode()
    draft = {"action": "provider", "kind": "oidc", "provider-name": "Acme login", "provider-default_role": "member"}
    assert client.post(page, draft).status_code == 302
    provider = IdentityProvider.objects.get()
    assert f"/account/sso/{provider.id}/callback/" in client.get(page).content.decode()
    on = {**draft, "provider-enabled": "on"}
    assert client.post(page, on).status_code == 422
    known = {**on, "provider-client_id": "sealport", "provider-secret": double.secret}
    assert client.post(page, {**known, "provider-issuer": "http://127.0.0.1:9"}).status_code == 422
    for wrong in ("https://[::1", "javascript:alert(1)", "https://idp.example/\ud800", "https://idp.example/\r\nX: y"):
        double.discovery = {"authorization_endpoint": wrong}
        assert client.post(page, {**known, "provider-issuer": double.url}).status_code == 422, wrong
    double.discovery = {"issuer": "https://other.example"}
    assert client.post(page, {**known, "provider-issuer": double.url}).status_code == 422
    double.discovery = {}
    assert client.post(page, {**known, "provider-issuer": double.url}).status_code == 302
    assert client.post(page, {"action": "check"}).status_code == 302
    shown = client.get(page).content.decode()
    assert double.secret not in shown
    provider.refresh_from_db()
    assert (provider.enabled, rules_of(cast.acme).provider) == (True, provider.id)
    assert client.post(page, {**on, "provider-default_role": "owner"}).status_code == 422
    assert client.post(page, {"action": "remove"}).status_code == 302
    assert (IdentityProvider.objects.count(), rules_of(cast.acme).provider) == (0, "")


def test_the_provider_must_be_on_the_public_internet(cast: Cast, double: IdentityProviderDouble, settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = []
    for issuer in (
        double.url,
        "https://169.254.169.254",
        "https://[::1]",
        "https://10.0.0.1:8443",
        "https://u@1.1.1.1",
    ):
        asked = {"action": "provider", "kind": "oidc", "provider-name": "X", "provider-default_role": "member"}
        set_up_page = signed_in(cast.alice)
        page = cast.alice.url("settings/sign-in/")
        set_up_page.post(page, asked)
        asked |= {"provider-enabled": "on", "provider-client_id": "x", "provider-issuer": issuer}
        assert set_up_page.post(page, asked).status_code == 422
    assert not double.asked
    with pytest.raises(MetadataRefused):  # a page to sign in at that anybody on the way could have put there
        read_metadata(double.metadata)
    assert read_metadata(double.metadata.replace("http://127.0.0.1", "https://idp.example"))[1].startswith("https://")


def test_the_directorys_token_is_shown_once_and_the_page_is_for_administrators_who_signed_in_lately(cast: Cast) -> None:
    page = cast.alice.url("settings/sign-in/")
    stale = cast.alice.client().post(page, {"action": "token"})
    assert stale["Location"].startswith("/account/reauthenticate/")
    answer = signed_in(cast.alice).post(page, {"action": "token"})
    assert answer.status_code == 201
    assert "sp_live_" in answer.content.decode()
    assert ApiToken.objects.get().scopes == ["member.provision"]
    for member in (cast.bob, cast.carol, cast.dave):
        assert member.client().get(page).status_code == 403
        assert signed_in(member).post(page, {"action": "token"}).status_code == 403
    with pytest.raises(Forbidden):
        change_sign_in_rules(
            actor=cast.bob.actor,
            second_step=False,
            provider_second_step=False,
            provider_required=False,
            email_domains=(),
            now=clock.now(),
        )
