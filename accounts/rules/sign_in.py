"""How members of a customer must have signed in (clause C10), and whose word about a person counts.

An identity provider belongs to one customer. It opens that customer's portal and nothing else: neither another
customer's, nor the pages on which a person keeps their own password, passkeys and addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from accounts.rules.permissions import Role

# RFC 8176 (`amr`), and what SAML providers say in an AuthnContextClassRef, of a sign-in with a second step.
SECOND_STEP_METHODS = frozenset(
    {
        "mfa",
        "otp",
        "hwk",
        "sc",
        "http://schemas.microsoft.com/claims/multipleauthn",
        "https://refeds.org/profile/mfa",
        "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract",
        "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken",
        "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI",
    }
)
# Who joins by a provider's word alone never administers: that is given by people.
PROVIDED_ROLES = (Role.MEMBER, Role.AUDITOR, Role.DEVELOPER, Role.BILLING)

_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class SignInRules:
    """A customer's rules. `provider` is its enabled identity provider, so that a request asks for no other row.

    `second_step`: members need one of their own; `provider_second_step`: the provider must tell of one, too.
    `provider_required`: only owners come in by other means. `email_domains`: where invitations may go; none: anywhere.
    """

    second_step: bool = False
    provider_second_step: bool = False
    provider_required: bool = False
    email_domains: tuple[str, ...] = ()
    provider: str = ""

    @classmethod
    def stored(cls, value: Mapping[str, Any]) -> SignInRules:
        """The rules in a customer's row; what a newer version wrote there is left out."""
        known = {field.name: value[field.name] for field in fields(cls) if field.name in value}
        return cls(**{**known, "email_domains": tuple(known.get("email_domains", ()))})

    def to_store(self) -> dict[str, Any]:
        return {**asdict(self), "email_domains": list(self.email_domains)}


@dataclass(frozen=True, slots=True)
class Opening:
    """How a session came to be, when an identity provider opened it.

    `at`: when the person last showed there who they are, in seconds since 1970; 0 where that is not known.
    """

    provider: str
    customer: str
    second_step: bool
    at: float


class Entry(StrEnum):
    """What a member with a session meets at the customer's door."""

    OPEN = "open"
    STRANGER = "stranger"
    PROVIDER_GONE = "provider_gone"
    PROVIDER_NEEDED = "provider_needed"
    SECOND_STEP_NEEDED = "second_step_needed"
    PROVIDER_SECOND_STEP_NEEDED = "provider_second_step_needed"


def judge_entry(
    rules: SignInRules,
    *,
    customer: str,
    role: str,
    opening: Opening | None,
    has_second_step: Callable[[], bool],
) -> Entry:
    """Whether the session of a member in `role` may enter `customer`; `has_second_step` is asked only where it matters.

    A session opened by a provider is a stranger everywhere but at the customer whose enabled provider that is.
    """
    if opening is not None:
        if opening.customer != customer:
            return Entry.STRANGER
        if opening.provider != rules.provider:
            return Entry.PROVIDER_GONE
        if rules.provider_second_step and not opening.second_step:
            return Entry.PROVIDER_SECOND_STEP_NEEDED
        return Entry.OPEN
    if rules.provider_required and rules.provider and role != Role.OWNER:
        return Entry.PROVIDER_NEEDED
    if rules.second_step and not has_second_step():
        return Entry.SECOND_STEP_NEEDED
    return Entry.OPEN


class Arrival(StrEnum):
    """What becomes of somebody whom a provider names for the first time."""

    LINK = "link"
    CREATE = "create"
    CONFIRM = "confirm"
    REFUSE = "refuse"


def judge_arrival(
    *, address_is_theirs: bool, known: bool, member_role: str | None, managed: bool, creates_members: bool
) -> Arrival:
    """`address_is_theirs`: the address lies in a domain that is proven to be the customer's.

    `known`: somebody has this address already; `member_role`: their role at this customer; `managed`: this customer
    made the person, who has no sign-in of their own. An address is never enough to become somebody: who has a sign-in
    of their own, and every owner, confirms with it.
    """
    if not known:
        return Arrival.CREATE if address_is_theirs and creates_members else Arrival.REFUSE
    if managed and address_is_theirs and member_role and member_role != Role.OWNER:
        return Arrival.LINK
    if member_role or (address_is_theirs and creates_members):
        return Arrival.CONFIRM
    return Arrival.REFUSE


def tells_of_second_step(methods: Iterable[str]) -> bool:
    """Whether a provider's `amr` or AuthnContext tells of a second step."""
    return not SECOND_STEP_METHODS.isdisjoint(methods)


def is_domain(name: str) -> bool:
    """Whether this is a domain name in ASCII with at least two labels."""
    return _DOMAIN.fullmatch(name) is not None


def domain_of(email: str) -> str:
    """The part after the last @, in lower case; empty for what is no address."""
    _local, at, domain = email.strip().lower().rpartition("@")
    return domain if at and is_domain(domain) else ""


def may_be_invited(email: str, domains: Collection[str]) -> bool:
    """Whether invitations may go to this address."""
    return not domains or domain_of(email) in domains
