"""Every page that a person can come to, for those who walk through all of them."""

from __future__ import annotations

from base64 import b64encode

from playwright.sync_api import Page

from sealing.formats.sample import sample_pdf
from tests.stack import RunningStack

# Address by name. Those of the portal are below `/c/demo/`; what stands in braces is in `furnish`.
PUBLIC = {
    "home": "/",
    "pricing": "/pricing/",
    "verify": "/verify/",
    "status": "/status/",
    "api docs": "/api/v1/docs/",
    "sign up": "/sign-up/",
    "sub-processors": "/privacy/sub-processors/",
    "complaint": "/privacy/complaint/",
    "figures": "/privacy/figures/",
    "contact": "/contact/",
    "contact, sent": "/contact/msg_shown:unsigned/",
    "request about data": "/privacy/request/",
    "request about data, sent": "/privacy/request/sent/",
    "request about data, to confirm": "/privacy/request/confirm/unknown/",
    "link of a copy that is over": "/privacy/export/unknown/",
    "link of a receipt that is over": "/privacy/receipt/unknown/",
    "legal documents": "/legal/",
    "cookies": "/cookies/",
    "terms of service": "/legal/terms/2026-1/",
    "privacy": "/privacy/",
    "annex on data processing": "/privacy/annex/",
    "sign in": "/account/login/",
    "sign-in code": "/account/login/code/",
    "sign in through the employer": "/account/sso/",
    "password reset": "/account/password/reset/",
    "choices": "/account/preferences/",
    "invitation that is gone": "/invitations/gone/",
    "not found": "/nowhere/",
}
PORTAL = {
    "overview": "/c/demo/",
    "seal": "/c/demo/seal/",
    "batches": "/c/demo/batches/",
    "batch": "/c/demo/batches/{batch}/",
    "documents": "/c/demo/documents/",
    "document sealed": "/c/demo/documents/{seal}/",
    "evidence": "/c/demo/documents/{seal}/evidence/",
    "document refused": "/c/demo/documents/{refused}/",
    "labels": "/c/demo/labels/",
    "labels of a document": "/c/demo/documents/labels/?seal={seal}",
    "who sees a document": "/c/demo/documents/{seal}/sharing/",
    "deleting a document": "/c/demo/documents/{seal}/delete/",
    "payments": "/c/demo/billing/payments/",
    "privacy of the customer": "/c/demo/privacy/",
    "usage": "/c/demo/usage/",
    "additional services": "/c/demo/billing/add-ons/",
    "additional service to order": "/c/demo/billing/add-ons/priority-support/?quantity=2",
    "plan": "/c/demo/billing/plan/",
    "change of plan": "/c/demo/billing/plan/change/",
    "change of plan to confirm": "/c/demo/billing/plan/change/?plan=2&interval=year",
    "usage events": "/c/demo/usage/events/",
    "cost centres": "/c/demo/usage/cost-centres/",
    "next invoice": "/c/demo/usage/next-invoice/",
    "alerts and limits": "/c/demo/billing/alerts/",
    "late payment": "/c/demo/billing/late-payment/",
    "certificates": "/c/demo/certificates/",
    "certificate": "/c/demo/certificates/{certificate}/",
    "certificate to order": "/c/demo/certificates/order/",
    "people": "/c/demo/people/",
    "notices": "/c/demo/notices/",
    "notices to everybody": "/c/demo/notices/?show=everybody",
    "notices by mail": "/c/demo/notices/preferences/",
    "own mail server": "/c/demo/settings/mail/",
    "sign-in rules": "/c/demo/settings/sign-in/",
    "sign-in rules with OpenID Connect": "/c/demo/settings/sign-in/?kind=oidc",
    "roles": "/c/demo/people/roles/",
    "who sees documents": "/c/demo/people/documents/",
    "list of people": "/c/demo/people/list/",
    "member": "/c/demo/people/{member}/",
    "leaving": "/c/demo/people/leave/",
    "invoices": "/c/demo/billing/",
    "statement of account": "/c/demo/billing/account/",
    "billing details": "/c/demo/billing/details/",
    "usage by member": "/c/demo/usage/members/",
    "audit trail": "/c/demo/audit/",
    "audit period": "/c/demo/audit/period/",
    "audit trail, narrowed to nothing": "/c/demo/audit/?named=nobody",
    "developers": "/c/demo/developers/tokens/",
    "support access": "/c/demo/settings/access/",
    "reference": "/c/demo/settings/reference/",
    "requests of authorities": "/c/demo/privacy/disclosures/",
    "requests passed on": "/c/demo/privacy/requests/",
    "settings": "/c/demo/settings/",
    "contract": "/c/demo/settings/contract/",
    "what is kept": "/c/demo/privacy/kept/",
    "why something is kept": "/c/demo/privacy/kept/?object={seal}",
    "why nothing by that name is kept": "/c/demo/privacy/kept/?object=unknown",
    "what binds": "/c/demo/privacy/binding/",
    "no room": "/c/demo/privacy/excess/",
    "ending the contract": "/c/demo/settings/closing/",
    "events": "/c/demo/developers/events/",
    "webhooks": "/c/demo/developers/webhooks/",
    "webhook": "/c/demo/developers/webhooks/{webhook}/",
    "message to a webhook": "/c/demo/developers/webhooks/{webhook}/deliveries/{delivery}/",
    "customers": "/customers/",
    "new customer": "/sign-up/",
    "preferences": "/account/preferences/",
    "erasing the account": "/account/erase/",
    "e-mail addresses": "/account/email/",
    "password": "/account/password/change/",
    "second step": "/account/2fa/",
    "sessions": "/account/sessions/",
    "own data": "/account/privacy/",
    "reauthentication": "/account/reauthenticate/",
    "sign out": "/account/logout/",
    "unknown document": "/c/demo/documents/seal_unknown/",
}
MISSING = {
    "/invitations/gone/",
    "/nowhere/",
    "/privacy/export/unknown/",
    "/privacy/receipt/unknown/",
    "/c/demo/documents/seal_unknown/",
    "/c/demo/privacy/kept/?object=unknown",
}


def furnish(stack: RunningStack) -> dict[str, str]:
    """Ids of a sealed and of a refused document, a certificate and a batch, for the addresses that name one."""
    sealed = stack.order(
        sample_pdf("Shown"), name="Contract with Globex.pdf", wait=30, fields={"reference": "2026-118"}
    )
    refused = stack.order(b"%PDF-1.7 and nothing else", name="Scan 17.pdf", wait=30)
    assert (sealed.status, refused.status) == (201, 422), refused.body
    newest = stack.api("GET", "/seals?status=refused").json["items"][0]
    contents = {"Invoice 1.pdf": sample_pdf("Invoice 1"), "Invoice 2.pdf": sample_pdf("Invoice 2"), "Scan 18.pdf": b""}
    items = [{"document": {"name": name, "content": b64encode(content).decode()}} for name, content in contents.items()]
    batch = stack.api("POST", "/batches", json={"items": items}).json
    for item in batch["items"][:2]:
        stack.finished(item["seal"])
    hook = {"url": "http://127.0.0.1:9/nobody-answers-here", "types": ["seal.sealed"], "description": "Our archive"}
    webhook = stack.api("POST", "/webhooks", json=hook).json["id"]
    return {
        "webhook": webhook,
        "delivery": stack.api("POST", f"/webhooks/{webhook}/test").json["id"],
        "seal": sealed.json["id"],
        "refused": newest["id"],
        "certificate": sealed.json["certificate"],
        "batch": batch["id"],
        "member": stack.api("GET", "/members?role=member").json["items"][0]["id"],
    }


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
