"""What accounts adds to a customer's complete export (clause C8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import (
    Acceptance,
    AccessGrant,
    AccessRead,
    ApiToken,
    Application,
    Case,
    Customer,
    CustomerDomain,
    CustomerIdentity,
    EmailDomain,
    Ending,
    Identity,
    IdentityProvider,
    Invitation,
    LegalNotice,
    MailServer,
    Membership,
    ReferenceConsent,
    Suspension,
)
from kernel.exporting import LeftOut, Table

LEFT_OUT = (
    LeftOut(
        (
            *("accounts_identityprovider.secret", "accounts_mailserver.password"),
            *("accounts_webhook.keys", "accounts_webhook.former_keys"),
        ),
        "Passwords and secrets: whoever has this file could act with them. You can set new ones.",
    ),
    LeftOut(
        (
            *("accounts_case.asked_by_contact", "accounts_case.opened_by_id", "accounts_case.opened_by_name"),
            *("accounts_case.decided_by_id", "accounts_case.decided_by_name", "accounts_caseevidence"),
            *("accounts_suspension.suspended_by", "accounts_suspension.lifted_by"),
            *("accounts_accessgrant.ticket", "accounts_accessgrant.requested_by_id"),
            "accounts_accessgrant.decided_by_id",
        ),
        "What others gave the operator as evidence, and how its staff divided the work: the data of those people. What "
        "was decided and why is in the lists.",
    ),
    LeftOut(
        (
            *("accounts_person.password", "accounts_person.last_login", "accounts_person.joined_at"),
            *("accounts_person.country", "accounts_person.time_zone", "accounts_person.language"),
            *("accounts_person.last_customer_id", "accounts_person.managed_by_id", "accounts_person.id"),
            *("accounts_person.deletion_asked_at", "accounts_person.kept_at", "accounts_person.left_at"),
            "accounts_person.restricted_at",
            "accounts_membership.person_id",
        ),
        "How your people sign in and what they prefer: that is their own, for all customers they belong to, and each "
        "of them can ask for it.",
    ),
)


def account_tables(customer_id: str, *, now: datetime) -> list[Table]:
    """People, what lets them in, without what would let somebody in, and what was decided about the customer.

    Access that an authority's order forbids to tell of at `now` is not in it (clause D8).
    """
    return [
        *_people_tables(customer_id),
        *_entrance_tables(customer_id),
        *_standing_tables(customer_id),
        *_access_tables(customer_id, now),
    ]


def _people_tables(customer_id: str) -> list[Table]:
    members = Membership.objects.filter(customer_id=customer_id).order_by("created_at")
    invitations = Invitation.objects.filter(customer_id=customer_id).order_by("created_at")
    tokens = ApiToken.objects.filter(customer_id=customer_id).order_by("created_at")
    return [
        _table(
            "members",
            "Everybody who could ever act for the customer, by role and state.",
            (
                *("id", "person__name", "person__email", "role", "status", "created_at", "ended_at"),
                *("external_id", "sees_all", "muted_topics"),
            ),
            members,
        ),
        _table(
            "invitations",
            "To whom a role was offered, and what became of it.",
            ("id", "email", "role", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at"),
            invitations,
        ),
        _table(
            "api-tokens",
            "The API tokens, without their secrets, which we never had.",
            (
                *("id", "name", "live", "public_id", "scopes", "networks", "created_by", "created_at", "expires_at"),
                *("last_used_at", "revoked_at"),
            ),
            tokens,
        ),
    ]


def _entrance_tables(customer_id: str) -> list[Table]:
    """The customer's own sign-in, and its mail server."""
    return [
        _table(
            "sign-in-services",
            "Your own sign-in service, and what it may do here.",
            (
                *("id", "kind", "name", "enabled", "issuer", "client_id", "sign_in_url", "certificates"),
                *("creates_members", "default_role", "created_at"),
            ),
            IdentityProvider.objects.filter(customer_id=customer_id),
        ),
        _table(
            "identities",
            "By which name your sign-in service knows a member.",
            ("id", "subject", "membership_id", "confirmed", "created_at", "last_used_at"),
            Identity.objects.filter(provider__customer_id=customer_id).order_by("id"),
        ),
        _table(
            "email-domains",
            "The domains of e-mail addresses that you claimed.",
            ("name", "created_at", "verified_at"),
            EmailDomain.objects.filter(customer_id=customer_id).order_by("created_at"),
        ),
        _table(
            "mail-server",
            "The server through which your notices leave, if it is your own.",
            ("host", "port", "tls", "username", "sender", "enabled", "changed_at", "failed_at", "reason", "answer"),
            MailServer.objects.filter(customer_id=customer_id),
        ),
    ]


def _standing_tables(customer_id: str) -> list[Table]:
    """What the operator decided about the customer."""
    return [
        _table(
            "former-names",
            "Which entity the account belonged to, and until when.",
            ("name", "kind", "country", "register_number", "vat_number", "since", "until"),
            CustomerIdentity.objects.filter(customer_id=customer_id).order_by("since"),
        ),
        _table(
            "cases",
            "Who asked to replace an administrator or to transfer the account, and what was decided.",
            (
                *("id", "kind", "state", "asked_by_name", "asked_by_capacity", "facts", "opened_at", "decided_at"),
                *("decision_reason", "takes_effect_at", "objection", "objected_by_name", "ended_at"),
            ),
            Case.objects.filter(customer_id=customer_id).order_by("id"),
        ),
        _table(
            "suspensions",
            "When and why the account was suspended, and when and why no longer.",
            ("id", "ground", "reason", "suspended_at", "review_at", "lifted_at", "lift_reason"),
            Suspension.objects.filter(customer_id=customer_id).order_by("id"),
        ),
        _table(
            "references",
            "Consent to name you as a customer, in which words, and until when.",
            (
                *("id", "name", "logo", "words", "given_by", "given_by_name", "given_at"),
                *("withdrawn_at", "withdrawn_by_name"),
            ),
            ReferenceConsent.objects.filter(customer_id=customer_id).order_by("id"),
        ),
    ]


def _access_tables(customer_id: str, now: datetime) -> list[Table]:
    """Whom of the operator's staff somebody let look."""
    told = Q(silent_until=None) | Q(silent_until__lte=now)
    grants = AccessGrant.objects.filter(told, customer_id=customer_id)
    return [
        _table(
            "staff-access",
            "Whom of the operator's staff you, or an authority's order, let look at documents.",
            (
                *("id", "basis", "state", "purpose", "authority", "order_reference", "all_documents", "seal_ids"),
                *(
                    "with_content",
                    "with_trail",
                    "hours",
                    "offered_by",
                    "offered_by_name",
                    "offered_at",
                    "requested_by_name",
                ),
                *("requested_at", "decided_by_name", "decided_at", "starts_at", "ends_at", "ended_at"),
                *("ended_by_name", "uses"),
            ),
            grants.order_by("id"),
        ),
        _table(
            "staff-reads",
            "Each page that staff opened with such an access.",
            ("grant_id", "at", "page", "seal_id"),
            AccessRead.objects.filter(grant__in=grants).order_by("id"),
        ),
    ]


def _table(name: str, about: str, columns: tuple[str, ...], rows: Any) -> Table:
    return Table(name, about, tuple(column.replace("__", "_") for column in columns), rows.values_list(*columns))


def contract_facts(customer_id: str) -> dict[str, Any]:
    """The contract as values that JSON can hold: who the customer is, what it declared and accepted, how it ends."""
    customer = Customer.objects.get(id=customer_id)
    application = Application.objects.filter(customer=customer).first()
    acceptances = Acceptance.objects.filter(customer=customer).order_by("accepted_at", "id")
    told = LegalNotice.objects.filter(customer=customer).order_by("told_at", "id")
    endings = Ending.objects.filter(customer=customer).order_by("asked_at")
    domains = CustomerDomain.objects.filter(tenant_id=customer_id).order_by("domain")
    registered = ("name", "kind", "country", "register_number", "vat_number", "street", "postcode", "city")
    return {
        "customer": {"id": customer.id, **{name: getattr(customer, name) for name in registered}},
        "customer_since": customer.created_at.isoformat(),
        "host_names": list(domains.values_list("domain", flat=True)),
        "application": _as_applied(application) if application else None,
        "declarations": application.declarations if application else [],
        "accepted": [
            {
                "document": each.document.kind,
                "version": each.document.version,
                "language": each.document.language,
                "sha256": each.document_sha256,
                "by": each.person_name,
                "position": each.authority,
                "at": each.accepted_at.isoformat(),
            }
            for each in acceptances.select_related("document")
        ],
        "announced": [
            {
                "document": each.document.kind,
                "version": each.document.version,
                "effective_on": each.document.effective_on.isoformat(),
                "notice": each.notice_number,
                "at": each.told_at.isoformat(),
            }
            for each in told.select_related("document")
        ],
        "endings": [
            {
                "by": each.by,
                "ground": each.ground,
                "asked_by": each.asked_by,
                "asked_at": each.asked_at.isoformat(),
                "letter": each.evidence_name,
                "ends_at": each.ends_at.isoformat(),
                "erase_by": each.erase_by.isoformat(),
                "state": each.state,
            }
            for each in endings
        ],
    }


def _as_applied(application: Application) -> dict[str, Any]:
    """What was written when the account was asked for, by whom, and what they accepted then."""
    written = ("name", "register_number", "vat_number", "street", "postcode", "city", "position", "accepted")
    return {
        "by": application.person.name,
        **{name: getattr(application, name) for name in written},
        "terms_accepted_at": application.terms_accepted_at.isoformat(),
    }
