"""What accounts adds to a customer's complete export (clause C8)."""

from __future__ import annotations

from typing import Any

from accounts.models import Acceptance, ApiToken, Application, Customer, Ending, Invitation, LegalNotice, Membership
from kernel.exporting import Table


def account_tables(customer_id: str) -> list[Table]:
    """People, invitations and API tokens, without anything that would let somebody in."""
    members = Membership.objects.filter(customer_id=customer_id).order_by("created_at")
    invitations = Invitation.objects.filter(customer_id=customer_id).order_by("created_at")
    tokens = ApiToken.objects.filter(customer_id=customer_id).order_by("created_at")
    return [
        _table(
            "members",
            "Everybody who could ever act for the customer, by role and state.",
            ("id", "person__name", "person__email", "role", "status", "created_at", "ended_at"),
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
            ("id", "name", "live", "public_id", "scopes", "created_by", "created_at", "expires_at", "revoked_at"),
            tokens,
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
    registered = ("name", "kind", "country", "register_number", "vat_number", "street", "postcode", "city")
    return {
        "customer": {"id": customer.id, **{name: getattr(customer, name) for name in registered}},
        "customer_since": customer.created_at.isoformat(),
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
                "ends_at": each.ends_at.isoformat(),
                "erase_by": each.erase_by.isoformat(),
                "state": each.state,
            }
            for each in endings
        ],
    }
