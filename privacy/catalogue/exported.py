"""What of the catalogue is not in the copy of their data that people get, and why; and what they may take elsewhere.

A table or place with personal data about people who may ask is in the copy or here: a test holds it to that.
"""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject

ABOUT_WHO_ASKS = frozenset({Subject.MEMBER, Subject.CONTACT, Subject.REQUESTER, Subject.STAFF})

LEFT_OUT: dict[str, str] = {
    "accounts_signincounter": _(
        "Attempts are counted under a hash of the address, for minutes: which are yours nobody can tell."
    ),
    "django_session": _(
        "It is encoded, and gone two days after the session ended. Your open sessions are listed as such."
    ),
    "kernel_event": _("It repeats for programs, by ids, what the audit trail says; it is gone after 90 days."),
    "kernel_job": _(
        "It holds ids of what there is to do, and addresses for the minutes until a mail has left; what was sent to "
        "you is listed with the notices."
    ),
    "billing_unfitentry": _("Payments that nobody could be found for: we do not know whose they are."),
    "privacy_forwardedrequest": _(
        "Which customers keep something about you is theirs to tell; your request was passed on to them."
    ),
    "privacy_erasurereceipt": _(
        "It names the customer that is gone, and is found by nobody without the link that its owners were mailed."
    ),
    "case_evidence": _("The papers themselves are files: ask for them and we send them; their names are listed."),
    "sign_in_counters": _("They are hashes, and gone two days after they ran out."),
    "request_counters": _("They count requests for two minutes, and not by person."),
    "rights_exports": _("It is this very file; that it was made is listed."),
    "exports_in_the_making": _("It is this very file while it was made."),
    "system_log": _("It says by number what went wrong, and no names; it is gone after 90 days."),
    "mails": _("A mail is kept only until it has left; what was sent to you is listed with the notices."),
    "returned_mails": _("What mail servers said about mails that came back is listed with the notices, then deleted."),
    "bank_statements": _("They are our bank's files about all customers; what you paid is listed with the payments."),
    "uploads": _("Files that are just being received, for the minutes that takes."),
    "upgrade_copy": _("It holds the same as is listed here, as it was, and is gone the day after an upgrade."),
    "browser": _("It is in your own browser, which shows it to you; we keep no copy."),
    "privacy_consentrecord": _(
        "Answers about cookies are kept under a random number that is in your browser, and not under your name."
    ),
    "backups": _("They hold the same as is listed here, as it was, and are gone after 30 days."),
}
"""By table or place: the reason in a sentence. What is not about those who ask is left out by what it is."""

PORTABLE: frozenset[str] = frozenset(
    {
        "accounts_acceptance",
        "accounts_apitoken",
        "accounts_application",
        "accounts_customer",
        "accounts_identity",
        "accounts_invitation",
        "accounts_membership",
        "accounts_person",
        "accounts_referenceconsent",
        "accounts_webhook",
        "account_emailaddress",
        "billing_addonorder",
        "billing_billingdetails",
        "billing_cardpayment",
        "billing_savedcard",
        "billing_subscriptionchange",
        "billing_usageevent",
        "privacy_contactmessage",
        "trust_certificateorder",
    }
)
"""Tables of what somebody gave us or what their use of the service left, on consent or contract (GDPR 20 (1))."""
