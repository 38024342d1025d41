"""Hears what an identity provider answers, and puts on record when it cannot be believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.gateways.assertions import Assertion, AssertionRefused
from accounts.gateways.open_id import redeem
from accounts.gateways.saml import read_response
from accounts.models import IdentityProvider
from accounts.queries.sign_in import enabled_provider, open_id_client, saml_provider
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """What an OpenID provider sent the browser back with, and what was asked of it."""

    code: str
    nonce: str
    verifier: str


def hear_provider(*, provider_id: str, answer: CodeAnswer | str, now: datetime) -> Assertion:
    """The provider's word, checked (OpenID Connect Core 3.1.3.7; SAML profiles 4.1.4). A text is a SAML response.

    Raises `NotFound` for an answer in another protocol than the provider's, `AssertionRefused`, `ProviderAway`.
    """
    provider = enabled_provider(provider_id)
    if isinstance(answer, str) is not (provider.kind == IdentityProvider.Kind.SAML):
        raise NotFound
    try:
        if isinstance(answer, str):
            return read_response(saml_provider(provider), answer)
        return redeem(open_id_client(provider), code=answer.code, nonce=answer.nonce, verifier=answer.verifier)
    except AssertionRefused as refusal:
        actor = Actor(kind="system", id=provider.id, name=provider.name, customer_id=provider.customer_id)
        told = {"code": refusal.code, "detail": str(refusal.detail)[:300]}
        audit.record(actor=actor, action="sign_in.refused", now=now, subject=provider.id, details=told)
        raise
