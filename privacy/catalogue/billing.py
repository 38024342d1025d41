"""What `billing` keeps: prices, subscriptions, usage, invoices, payments, the books."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method


def prices(name: str, words: str, technical: str) -> Table:
    """What is the same for every customer."""
    return Table(name=name, words=words, purpose="operation", technical=technical)


def books(name: str, words: str, technical: str, *, personal: str = "", about: tuple[Subject, ...] = ()) -> Table:
    """What bookkeeping keeps ten years (D4)."""
    return Table(
        name=name,
        words=words,
        purpose="billing",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=about,
        personal=personal,
        technical=technical,
    )


_STAFF = (Subject.STAFF,)
_MEMBER = (Subject.MEMBER,)
_CONTACT = (Subject.CONTACT,)

TABLES: tuple[Table, ...] = (
    prices("billing_itemprice", "Prices of single items", "id item effective_on published_at amount"),
    prices("billing_plan", "Plans", "code name position public long_notice"),
    prices(
        "billing_planversion",
        "Prices of plans",
        "id plan_id effective_on published_at individual monthly_fee included overage_unit_price setup_fee "
        "included_users extra_user_price included_storage_gb storage_gb_price",
    ),
    prices("billing_documentseries", "The last number of each series of invoices", "id code year last_number"),
    books(
        "billing_charge",
        _("What is owed once, beside the plan"),
        "id customer_id item description quantity unit_price amount currency source_type source_id reverses_id "
        "occurred_at",
    ),
    books(
        "billing_subscription",
        _("Which plan a customer has"),
        "id customer_id plan_version_id interval anchor_on time_zone started_at ended_at operator_ends_at "
        "setup_charged_at",
    ),
    books(
        "billing_subscriptionterm",
        _("The terms of a subscription"),
        "id subscription_id customer_id plan_version_id special_terms_id starts_at ends_at cancel_until prepaid",
    ),
    books(
        "billing_subscriptionchange",
        _("Who asked for another plan, and when"),
        "id customer_id subscription_id kind plan_id interval requested_at effective_at state settled_at",
        personal="requested_by",
        about=_MEMBER,
    ),
    books(
        "billing_billingperiod",
        _("Months that are billed"),
        "id subscription_id customer_id plan_version_id special_terms_id starts_at ends_at previous_ends_at state "
        "closed_at",
    ),
    books(
        "billing_vatevidence",
        _("What the tax authorities' register said about a customer's VAT number"),
        "id customer_id valid consultation_number checked_at",
        personal="vat_number name address answer",
        about=_CONTACT,
    ),
    books(
        "billing_invoice",
        _("Invoices, with names and addresses as they were"),
        "id customer_id kind state run_key drafted_at held_for held_since series year serial number reference "
        "issued_on finalised_at supplied_from supplied_until language currency seller vat_category vat_rate "
        "vat_reason vat_evidence_id net vat gross credits_id reason received_at due_on",
        personal="buyer released_by",
        about=(Subject.CONTACT, Subject.STAFF),
    ),
    books(
        "billing_invoiceline",
        _("What stands on an invoice"),
        "id invoice_id position kind meter billing_period_id term_id charge_id credited_line_id overdue_invoice_id "
        "interest_from interest_until quantity unit_price net",
        personal="facts",
        about=_CONTACT,
    ),
    books(
        "billing_invoicefile",
        _("Invoices as files"),
        "id invoice_id format sha256 made_at",
        personal="content",
        about=_CONTACT,
    ),
    books(
        "billing_bankstatement",
        _("Statements of our bank, and who of staff took them over"),
        "id sha256 file_name account first_on last_on entries new_entries imported_at",
        personal="imported_by",
        about=_STAFF,
    ),
    books(
        "billing_payment",
        _("Payments: who paid, from which account, with which words"),
        "id customer_id kind method amount currency value_on recorded_at dedupe_key statement_id reverses_id",
        personal="payer_name payer_account reference remittance",
        about=_CONTACT,
    ),
    books(
        "billing_allocation",
        _("Which payment pays which invoice, and who said so"),
        "id customer_id invoice_id payment_id credit_note_id amount value_on made_at reverses_id",
        personal="made_by",
        about=_STAFF,
    ),
    books("billing_journalentry", _("The books"), "id kind document_type document_id booked_on recorded_at"),
    books("billing_posting", _("The books, account by account"), "id entry_id account customer_id amount"),
    books(
        "billing_specialterms",
        _("Terms that were signed with one customer, and the document"),
        "id customer_id starts_on ends_on monthly_fee included overage_unit_price setup_fee included_users "
        "extra_user_price included_storage_gb storage_gb_price document_sha256 signed_on recorded_at",
        personal="document document_name recorded_by",
        about=(Subject.CONTACT, Subject.STAFF),
    ),
    books(
        "billing_usageevent",
        _("Each delivery that is counted, by which member or program"),
        "id customer_id billing_period_id meter source_type source_id quantity occurred_at recorded_at late token_id",
        personal="member_id",
        about=_MEMBER,
    ),
    books("billing_meterreading", _("What was used in a month"), "id billing_period_id meter quantity"),
)
