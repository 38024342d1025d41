"""The staff admin's menu and colours: ink and amber, so that nobody takes it for a customer's portal."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import clock


def _item(title: Promise, icon: str, model: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}


NAVIGATION: list[dict[str, Any]] = [
    {
        "title": _("Customers"),
        "items": [
            _item(_("Customers"), "domain", "accounts_customer"),
            _item(_("Applications"), "how_to_reg", "accounts_application"),
            _item(_("Members"), "badge", "accounts_membership"),
            _item(_("Invitations"), "mail", "accounts_invitation"),
            _item(_("API tokens"), "key", "accounts_apitoken"),
            _item(_("Webhooks"), "webhook", "accounts_webhook"),
            _item(_("People"), "person", "accounts_person"),
            _item(_("E-mail domains"), "alternate_email", "accounts_emaildomain"),
            _item(_("Identity providers"), "passkey", "accounts_identityprovider"),
            _item(_("Ends of contracts"), "event_busy", "accounts_ending"),
            _item(_("Erasures to come"), "auto_delete", "accounts_erasure"),
            _item(_("Legal documents"), "gavel", "accounts_legaldocument"),
            _item(_("Acceptances"), "task_alt", "accounts_acceptance"),
        ],
    },
    {
        "title": _("Notices"),
        "items": [
            _item(_("Notices"), "campaign", "accounts_notice"),
            _item(_("Deliveries"), "outgoing_mail", "accounts_noticedelivery"),
            _item(_("Customers’ mail servers"), "dns", "accounts_mailserver"),
        ],
    },
    {
        "title": _("Cases and access"),
        "items": [
            _item(_("Cases"), "gavel", "accounts_case"),
            _item(_("Access grants"), "visibility_lock", "accounts_accessgrant"),
            _item(_("Suspensions"), "block", "accounts_suspension"),
            _item(_("Transfers"), "swap_horiz", "accounts_customeridentity"),
            _item(_("References"), "handshake", "accounts_referenceconsent"),
        ],
    },
    {
        "title": _("Billing"),
        "items": [
            _item(_("Plans"), "sell", "billing_planversion"),
            _item(_("Subscriptions"), "autorenew", "billing_subscription"),
            _item(_("Billing periods"), "calendar_month", "billing_billingperiod"),
            _item(_("Usage"), "bar_chart", "billing_usageevent"),
            _item(_("Charges"), "receipt_long", "billing_charge"),
            _item(_("Prices of items"), "price_change", "billing_itemprice"),
        ],
    },
    {
        "title": _("Trust"),
        "items": [
            _item(_("Certificate orders"), "assignment", "trust_certificateorder"),
            _item(_("Certificates"), "workspace_premium", "trust_sealcertificate"),
            _item(_("Keys"), "vpn_key", "trust_sealkey"),
            _item(_("Timestamp authorities"), "schedule", "trust_timestampauthority"),
        ],
    },
    {
        "title": _("Privacy"),
        "items": [
            _item(_("Consents to cookies"), "cookie", "privacy_consentrecord"),
        ],
    },
    {
        "title": _("Running"),
        "items": [
            _item(_("Jobs and dead letters"), "list_alt", "kernel_job"),
            _item(_("Events"), "bolt", "kernel_event"),
            _item(_("Audit trail"), "history", "kernel_auditentry"),
        ],
    },
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu, with the number of what waits for staff beside its entry; nothing when nothing does."""
    from accounts.queries.cases import waiting_cases  # settings read this module before there are models
    from accounts.queries.grants import waiting_grants
    from accounts.queries.suspensions import suspensions_to_review
    from trust.queries.orders import open_orders

    now = clock.now()
    badges = {
        "assignment": open_orders(),
        "gavel": waiting_cases(),
        "visibility_lock": waiting_grants(now=now),
        "block": suspensions_to_review(now=now),
    }
    return [
        {**group, "items": [{**item, "badge": badges.get(item["icon"], 0)} for item in group["items"]]}
        for group in NAVIGATION
    ]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Sealport staff"),
    "SITE_HEADER": _("Sealport staff"),
    "SITE_SYMBOL": "verified_user",
    "SIDEBAR": {"show_search": True, "navigation": navigation},
    "COLORS": {
        "primary": {
            "50": "#fdf8ec",
            "100": "#faeecb",
            "200": "#f4db94",
            "300": "#edc35a",
            "400": "#e2a92f",
            "500": "#c98a1a",
            "600": "#9a6708",
            "700": "#7d530b",
            "800": "#664310",
            "900": "#553811",
            "950": "#311e06",
        }
    },
}
