"""What each role may do (clause C2): the one table behind pages, API tokens and actions."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    BILLING = "billing"
    DEVELOPER = "developer"
    MEMBER = "member"
    AUDITOR = "auditor"


_SEALS = {"seal.create", "seal.read", "usage.read", "certificate.read"}
_ADMINISTRATION = _SEALS | {
    "seal.read_all",
    "seal.manage_all",
    "member.read",
    "member.manage",
    "member.provision",
    "token.manage",
    "webhook.manage",
    "event.read",
    "certificate.manage",
    "billing.read",
    "billing.manage",
    "audit.read",
    "customer.manage",
    "access.grant",
    "document.share",
}

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.OWNER: frozenset(_ADMINISTRATION | {"owner.appoint", "customer.end"}),
    Role.ADMINISTRATOR: frozenset(_ADMINISTRATION),
    Role.BILLING: frozenset({"usage.read", "certificate.read", "billing.read", "billing.manage"}),
    Role.DEVELOPER: frozenset(_SEALS | {"token.manage", "webhook.manage", "event.read"}),
    Role.MEMBER: frozenset(_SEALS),
    Role.AUDITOR: frozenset(
        {"seal.read", "seal.read_all", "usage.read", "certificate.read", "member.read", "audit.read"}
    ),
}

# What an API token can be given. Owners, tokens, sign-in rules and the end of the contract stay with people.
TOKEN_SCOPES: frozenset[str] = frozenset(
    {
        "seal.create",
        "seal.read",
        "seal.read_all",
        "usage.read",
        "billing.read",
        "certificate.read",
        "member.read",
        "member.manage",
        "member.provision",
        "webhook.manage",
        "event.read",
        "audit.read",
    }
)

# What is left to owners when the contract is over, until everything is erased: to fetch the export (C8), and to see and
# pay the invoices, the last of which comes after the end.
AFTER_END: frozenset[str] = frozenset({"customer.end", "billing.read", "billing.manage"})

# What is left while a customer is suspended for late payment: to see what it owes, and to pay it (B15).
WHILE_OWING: frozenset[str] = frozenset({"billing.read", "billing.manage"})


def permissions_of(role: str, *, sees_all: bool = False, shares: bool = True) -> frozenset[str]:
    """The permissions of a role; none for an unknown one.

    `sees_all`: the customer lets this member see every document, not only their own and those shared with them.
    `shares`: members may share what they had sealed themselves; administrators always may (clause C2).
    """
    own = PERMISSIONS[Role(role)] if role in set(Role) else frozenset()
    if sees_all and "seal.read" in own:
        own |= {"seal.read_all"}
    if shares and "seal.create" in own:
        own |= {"document.share"}
    return own


def scopes_within(own: frozenset[str], asked: frozenset[str]) -> frozenset[str]:
    """The scopes a token may get: never more than its maker has, never what tokens cannot have."""
    return asked & own & TOKEN_SCOPES
