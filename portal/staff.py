"""The staff admin's menu and colours: ink and amber, so that nobody takes it for a customer's portal."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
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
            _item(_("Legal documents"), "menu_book", "accounts_legaldocument"),
            _item(_("Acceptances"), "task_alt", "accounts_acceptance"),
            _item(_("Announcements told"), "mark_email_read", "accounts_legalnotice"),
            _item(_("Sealed documents"), "picture_as_pdf", "accounts_legalfile"),
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
            _item(_("Special terms"), "handshake", "billing_specialterms"),
            _item(_("Additional services"), "extension", "billing_addon"),
            _item(_("Orders of services"), "shopping_cart", "billing_addonorder"),
            _item(_("Notices of prices"), "campaign", "billing_pricechangenotice"),
            _item(_("Subscriptions"), "autorenew", "billing_subscription"),
            _item(_("Storage beyond the plan"), "hard_drive", "billing_storageexcess"),
            _item(_("Changes to disadvantage"), "trending_down", "billing_detriment"),
            _item(_("Billing periods"), "calendar_month", "billing_billingperiod"),
            _item(_("Usage"), "bar_chart", "billing_usageevent"),
            _item(_("Users and storage"), "group", "billing_meterlevel"),
            _item(_("Charges"), "receipt_long", "billing_charge"),
            _item(_("Invoices"), "receipt", "billing_invoice"),
            _item(_("Billing runs"), "event_repeat", "billing_billingrun"),
            _item(_("VAT numbers checked"), "verified", "billing_vatevidence"),
            _item(_("Late payment: to decide"), "gpp_maybe", "billing_dunningproposal"),
            _item(_("Late payment: steps"), "hourglass_bottom", "billing_dunningstep"),
            _item(_("Prices of items"), "price_change", "billing_itemprice"),
            _item(_("Payments"), "payments", "billing_payment"),
            _item(_("Payments to look at"), "flag", "billing_paymentflag"),
            _item(_("Bank statements"), "account_balance", "billing_bankstatement"),
            _item(_("What settled what"), "join_inner", "billing_allocation"),
            _item(_("Ledger"), "menu_book", "billing_journalentry"),
            _item(_("Card payments"), "credit_card", "billing_cardpayment"),
            _item(_("Refunds to cards"), "credit_card_off", "billing_cardrefund"),
            _item(_("Saved cards"), "wallet", "billing_savedcard"),
            _item(_("Messages of the card company"), "forum", "billing_pspevent"),
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
            {
                "title": _("Records of processing"),
                "icon": "inventory_2",
                "link": reverse_lazy("records_of_processing"),
            },
            {"title": _("What goes when"), "icon": "alarm", "link": reverse_lazy("staff_retention")},
            _item(_("Runs of the erasure"), "delete_sweep", "privacy_retentionrun"),
            _item(_("Due for erasure"), "event_upcoming", "privacy_retentionitem"),
            _item(_("Holds"), "lock", "privacy_hold"),
            _item(_("Requests about data"), "contact_support", "privacy_rightsrequest"),
            _item(_("Data breaches"), "crisis_alert", "privacy_databreach"),
            _item(_("Disclosures"), "policy", "privacy_disclosure"),
            _item(_("Sub-processors"), "hub", "privacy_subprocessor"),
            _item(_("Contact messages"), "inbox", "privacy_contactmessage"),
            _item(_("Published figures"), "monitoring", "privacy_publishedfigure"),
            _item(_("Consents to cookies"), "cookie", "privacy_consentrecord"),
            _item(_("Receipts of erasure"), "delete_sweep", "privacy_erasurereceipt"),
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
    from billing.queries.dunning import proposals_waiting
    from billing.queries.invoices import held_invoices
    from billing.queries.payments import payments_to_look_at, waiting_payments
    from privacy.queries.registers import open_breaches, waiting_disclosures, waiting_messages
    from privacy.queries.retention import waiting_alarms
    from privacy.queries.rights import open_rights_requests
    from trust.queries.orders import open_orders

    now = clock.now()
    badges = {
        "assignment": open_orders(),
        "receipt": held_invoices(),
        "gavel": waiting_cases(),
        "visibility_lock": waiting_grants(now=now),
        "block": suspensions_to_review(now=now),
        "payments": waiting_payments().count(),
        "flag": payments_to_look_at(),
        "gpp_maybe": proposals_waiting(),
        "alarm": waiting_alarms(now=now),
        "crisis_alert": open_breaches(),
        "contact_support": open_rights_requests(),
        "policy": waiting_disclosures(),
        "inbox": waiting_messages(),
    }
    return [
        {**group, "items": [{**item, "badge": badges.get(item["icon"], 0)} for item in group["items"]]}
        for group in NAVIGATION
    ]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Sealport staff"),
    "SITE_HEADER": _("Sealport staff"),
    "SITE_SYMBOL": "verified_user",
    "STYLES": [lambda _request: static("css/staff.css")],
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
