"""Every address of the product, found by asking the resolver, and what each one is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One URL pattern, written as in the URLconf: `documents/<str:seal_id>/`."""

    pattern: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(PARAMETER.findall(self.pattern))

    def path(self, **values: str) -> str:
        """The address with its parameters filled in; a parameter that no test knows is an error."""
        return "/" + PARAMETER.sub(lambda found: values[found[1]], self.pattern)


def routes(urlconf: str) -> list[Route]:
    """All routes of a URLconf, those that it includes too."""
    return [Route(pattern) for pattern in _patterns(get_resolver(urlconf).url_patterns, "")]


def _patterns(found: list[Any], prefix: str) -> Iterator[str]:
    for entry in found:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns, pattern)
        elif isinstance(entry, URLPattern):
            yield pattern


# What a member needs to see a page of the portal. None: every member may.
PORTAL: dict[str, str | None] = {
    "": None,
    "seal/": "certificate.read",
    "seal/upload/": "seal.create",
    "seal/status/": "seal.read",
    "batches/": "seal.read",
    "batches/<str:batch_id>/": "seal.read",
    "batches/<str:batch_id>/content/": "seal.read",
    "documents/": "seal.read",
    "documents.csv": "seal.read",
    "documents.zip": "seal.read",
    "documents/labels/": "seal.read",
    "labels/": "seal.read",
    "documents/<str:seal_id>/": "seal.read",
    "documents/<str:seal_id>/sharing/": "seal.read",
    "documents/<str:seal_id>/delete/": "seal.create",
    "documents/<str:seal_id>/content/": "seal.read",
    "documents/<str:seal_id>/evidence/": "seal.read",
    "documents/<str:seal_id>/report/": "seal.read",
    "documents/<str:seal_id>/receipt/": "seal.read",
    "documents/<str:seal_id>/archive/": "seal.create",
    "billing/payments/": "billing.read",
    "billing/late-payment/": "billing.read",
    "usage/": "usage.read",
    "billing/plan/": "billing.read",
    "billing/plan/change/": "billing.manage",
    "usage.csv": "usage.read",
    "billing/add-ons/": "billing.read",
    "billing/add-ons/<slug:code>/": "billing.manage",
    "billing/special-terms/<str:terms_id>/": "billing.read",
    "usage/events/": "usage.read",
    "usage/cost-centres/": "billing.read",
    "usage/cost-centres.csv": "billing.read",
    "usage/next-invoice/": "billing.read",
    "billing/alerts/": "billing.read",
    "billing/card/": "billing.read",
    "billing/card/back/": "billing.read",
    "billing/pay/<str:number>/": "billing.read",
    "billing/pay/<str:number>/away/": "billing.read",
    "billing/pay/<str:number>/back/": "billing.read",
    "billing/": "billing.read",
    "billing/invoices/<str:number>/": "billing.read",
    "billing/invoices/<str:number>/<str:kind>": "billing.read",
    "billing/account/": "billing.read",
    "billing/details/": "billing.read",
    "usage/members/": "seal.read",
    "usage/members.csv": "seal.read",
    "certificates/": "certificate.read",
    "certificates/order/": "certificate.manage",
    "certificates/orders/<str:order_id>/": "certificate.manage",
    "certificates/orders/<str:order_id>/minutes.pdf": "certificate.manage",
    "certificates/<str:certificate_id>/": "certificate.read",
    "certificates/<str:certificate_id>/chain.pem": "certificate.read",
    "settings/": "customer.manage",
    "settings/contract/": "customer.manage",
    "privacy/kept/": "audit.read",
    "privacy/excess/": "seal.read_all",
    "privacy/": "customer.manage",
    "privacy/excess.zip": "seal.read_all",
    "privacy/binding/": "customer.manage",
    "privacy/binding/statement/": "customer.manage",
    "settings/closing/": "customer.end",
    "settings/export/": "customer.end",
    "people/": "member.read",
    "notices/": None,
    "notices/preferences/": None,
    "notices/<str:notice_id>/": None,
    "settings/mail/": "customer.manage",
    "people.csv": "member.read",
    "people/roles/": None,
    "people/documents/": "customer.manage",
    "people/list/": "member.manage",
    "people/leave/": None,
    "people/<str:membership_id>/": "member.read",
    "audit/": "audit.read",
    "audit/period/": "customer.manage",
    "audit.csv": "audit.read",
    "audit.json": "audit.read",
    "audit/evidence.jsonl": "audit.read",
    "developers/tokens/": "token.manage",
    "settings/access/": "access.grant",
    "settings/reference/": "customer.manage",
    "privacy/disclosures/": "audit.read",
    "privacy/requests/": "customer.manage",
    "settings/sign-in/": "customer.manage",
    "developers/events/": "event.read",
    "developers/webhooks/": "webhook.manage",
    "developers/webhooks/<str:webhook_id>/": "webhook.manage",
    "developers/webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/": "webhook.manage",
}

# There only where the operator has a card company, which the walk's has not (tests/doors/test_card_pages.py).
UNOFFERED = {"billing/card/", "billing/card/back/"}

# Only asked to do something: the walk posts there.
POSTED = {
    "documents/<str:seal_id>/archive/",
    "settings/export/",
    "privacy/binding/statement/",
    "api/v1/seals/<str:seal_id>/archive",
    "api/v1/webhooks/<str:webhook_id>/rotate",
    "api/v1/webhooks/<str:webhook_id>/test",
    "api/v1/webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/replay",
}

# What a token needs for a call of the API.
API: dict[str, str] = {
    "api/v1/seals": "seal.read",
    "api/v1/seals/<str:seal_id>": "seal.read",
    "api/v1/seals/<str:seal_id>/content": "seal.read",
    "api/v1/seals/<str:seal_id>/report": "seal.read",
    "api/v1/seals/<str:seal_id>/receipt": "seal.read",
    "api/v1/batches": "seal.read",
    "api/v1/batches/<str:batch_id>": "seal.read",
    "api/v1/batches/<str:batch_id>/content": "seal.read",
    "api/v1/labels": "seal.read",
    "api/v1/storage": "seal.read",
    "api/v1/seals/<str:seal_id>/archive": "seal.create",
    "api/v1/subscription": "billing.read",
    "api/v1/usage": "usage.read",
    "api/v1/usage/events": "usage.read",
    "api/v1/usage/cost-centres": "billing.read",
    "api/v1/invoices": "billing.read",
    "api/v1/invoices/<str:number>": "billing.read",
    "api/v1/members": "member.read",
    "api/v1/members/<str:membership_id>": "member.read",
    "api/v1/invitations": "member.read",
    "api/v1/invitations/<str:invitation_id>": "member.read",
    "api/v1/events": "event.read",
    "api/v1/webhooks": "webhook.manage",
    "api/v1/webhooks/<str:webhook_id>": "webhook.manage",
    "api/v1/webhooks/<str:webhook_id>/rotate": "webhook.manage",
    "api/v1/webhooks/<str:webhook_id>/test": "webhook.manage",
    "api/v1/webhooks/<str:webhook_id>/deliveries": "webhook.manage",
    "api/v1/webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/replay": "webhook.manage",
    "api/v1/certificates": "certificate.read",
    "api/v1/audit": "audit.read",
    "api/v1/retention/explain": "audit.read",
    "api/v1/certificates/<str:certificate_id>": "certificate.read",
    "scim/v2/": "member.provision",
    "scim/v2/ServiceProviderConfig": "member.provision",
    "scim/v2/ResourceTypes": "member.provision",
    "scim/v2/ResourceTypes/User": "member.provision",
    "scim/v2/Schemas": "member.provision",
    "scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User": "member.provision",
    "scim/v2/Groups": "member.provision",
    "scim/v2/Users": "member.provision",
    "scim/v2/Users/<str:member_id>": "member.provision",
    "scim/v2/<path:rest>": "member.provision",
}

# For every token, whatever it may: nothing of a customer is read or written (tests/doors/test_verification.py), or only
# about the token itself (tests/doors/test_attacks_on_tokens.py).
ANY_TOKEN = {"api/v1/validations", "api/v1/token"}

# For everybody: nothing here knows a customer.
OPEN = {
    ".well-known/sealport-receipt-keys.json",
    ".well-known/sealport-audit-keys.json",
    "verify/",
    "verify/report/",
    "",
    "pricing/",
    "status/",
    "status.json",
    "language/",
    "language/words.js",
    "sign-up/",
    "privacy/sub-processors/",
    "privacy/complaint/",
    "privacy/figures/",
    "privacy/figures.json",
    "privacy/request/",
    "privacy/request/sent/",
    "contact/",
    "contact/<str:link>/",
    ".well-known/security.txt",
    "legal/",
    "cookies/",
    ".well-known/gpc.json",
    "legal/<slug:kind>/<str:version>/",
    "legal/<slug:kind>/<str:version>/text/",
    "privacy/",
    "privacy/annex/",
    "legal/<slug:kind>/<str:version>/pdf/",
    "livez",
    "readyz",
    "docs/",
    "openapi.json",
    "api/v1/openapi.json",
    "api/v1/docs/",
    "staff/login/",
    "webhooks/psp/<slug:provider>/",
}

# About the person who is signed in, or holds a secret that was mailed to them.
PERSONAL = {
    "customers/",
    "invitations/<str:secret>/",
    "privacy/request/confirm/<str:secret>/",
    "privacy/request/<str:secret>/",
    "privacy/request/<str:secret>/answer.pdf",
    "privacy/export/<str:secret>/",
    "privacy/receipt/<str:link>/",
}

# Sign-in, second factors and sessions: allauth's own, each about the person of the session.
PERSONAL_PREFIXES = ("account/",)

STAFF_PREFIX = "staff/"


def unclassified(public: str = settings.ROOT_URLCONF, customer: str = settings.CUSTOMER_URLCONF) -> set[str]:
    """Routes that nobody has said the rule of: the walk would not know what to expect there."""
    known = OPEN | PERSONAL | ANY_TOKEN | set(API)
    return {
        route.pattern
        for route in routes(public)
        if route.pattern not in known and not route.pattern.startswith((*PERSONAL_PREFIXES, STAFF_PREFIX))
    } | {route.pattern for route in routes(customer) if route.pattern not in PORTAL}
