"""A browser that signs in through an identity provider, for the tests about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3
from django.test import Client

from accounts.actions.claim_email_domain import claim_email_domain
from accounts.actions.configure_provider import ProviderSettings, configure_provider
from accounts.actions.verify_email_domain import verify_email_domain
from accounts.models import IdentityProvider
from kernel import clock
from kernel.actor import Actor
from tests.cast import Member
from tests.doubles.identity_provider import IdentityProviderDouble

STAFF = Actor.staff(person_id="1", name="Stella", reason="I have seen the TXT record.")


@dataclass
class Journey:
    """One browser on its way through one provider."""

    client: Client
    provider: IdentityProvider
    double: IdentityProviderDouble

    def begin(self, **asked: str) -> str:
        """The address at the provider that we send the browser to."""
        answer = self.client.get(f"/account/sso/{self.provider.id}/start/", asked)
        assert answer.status_code == 302, answer.content
        assert answer["Location"].startswith(self.double.url)
        return str(answer["Location"])

    def at_provider(self, address: str) -> urllib3.BaseHTTPResponse:
        return urllib3.request("GET", address, redirect=False, retries=False)

    def come_back(self, address: str) -> Any:
        """What we answer to what the provider sends the browser back with."""
        there = self.at_provider(address)
        if self.provider.kind == "oidc":
            return self.client.get(local(there.headers["Location"]))
        return self.post(*posted(there.data.decode()))

    def post(self, address: str, response: str) -> Any:
        """Post a SAML response; the browser leaves our cookie out (SameSite), and goes on to where it is sent."""
        answer = Client(HTTP_HOST="localhost").post(local(address), {"SAMLResponse": response})
        return self.client.get(answer["Location"]) if answer.status_code == 302 else answer

    def go(self, **asked: str) -> Any:
        return self.come_back(self.begin(**asked))


def local(address: str) -> str:
    """An absolute address of ours as the test client asks for it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def posted(page: str) -> tuple[str, str]:
    """Address and response in the form of the provider's page."""
    found = re.search(r'action="([^"]+)".*value="([^"]+)"', page)
    assert found
    return found[1], found[2]


def own_domain(owner: Member, name: str) -> None:
    """Prove that a domain is the customer's."""
    domain = claim_email_domain(actor=owner.actor, name=name, now=clock.now())
    verify_email_domain(actor=STAFF, domain_id=domain.id, now=clock.now())


def set_up(
    owner: Member, double: IdentityProviderDouble, *, kind: str = "oidc", domain: str = "", **changed: Any
) -> Journey:
    """The customer of `owner` with `double` as its provider, and a browser."""
    if domain:
        own_domain(owner, domain)
    told: dict[str, Any] = {"issuer": double.url, "client_id": double.client_id, "secret": double.secret}
    if kind == "saml":
        told = {"metadata": double.metadata}
    asked = {"name": f"{owner.customer.name} login", "enabled": True, "creates_members": True, "default_role": "member"}
    settings = ProviderSettings(**{"kind": kind, **asked, **told, **changed})
    provider = configure_provider(actor=owner.actor, settings=settings, now=clock.now())
    return Journey(Client(HTTP_HOST="localhost"), provider, double)
