"""What billing keeps about one person: of customers who are people, and who ordered, paid or decided (GDPR 15, 20)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.queries.whose import Whose
from billing.models import (
    AddOnOrder,
    Allocation,
    BankStatement,
    BillingDetails,
    CardPayment,
    CardRefund,
    Detriment,
    DunningProposal,
    Invoice,
    InvoiceFile,
    InvoiceLine,
    InvoiceMail,
    Payment,
    PaymentFlag,
    SavedCard,
    SpecialTerms,
    SubscriptionChange,
    UsageCorrection,
    UsageEvent,
    VatEvidence,
)
from kernel.personal_rows import PersonalRows, personal_rows


def billing_rows(whose: Whose) -> list[PersonalRows]:
    """Every table of billing that tells of people, with the rows about this one; amounts in their own currency."""
    return [*_of_customers_who_are_people(whose), *_of_members(whose), *_of_staff(whose)]


def _of_customers_who_are_people(whose: Whose) -> list[PersonalRows]:
    own, by_staff = Q(customer_id__in=whose.own_customers), Q(released_by__in=whose.staff_names)
    addresses = frozenset(whose.emails)

    def own_addresses(emails: Any) -> list[str]:
        return [each for each in emails or [] if str(each).lower() in addresses]

    to_them = Q(*(Q(emails__icontains=email) for email in whose.emails), _connector=Q.OR) if whose.emails else Q()
    return [
        personal_rows(
            VatEvidence.objects.filter(own),
            "id customer_id vat_number valid name address answer consultation_number checked_at",
        ),
        personal_rows(
            Invoice.objects.filter(own | by_staff),
            "id customer_id kind number issued_on currency net vat gross due_on buyer released_by",
            marks=whose.marks,
            theirs=("customer_id buyer", "released_by"),
        ),
        personal_rows(
            InvoiceLine.objects.filter(invoice__customer_id__in=whose.own_customers),
            "id invoice_id position kind quantity unit_price net facts",
        ),
        personal_rows(
            InvoiceFile.objects.filter(invoice__customer_id__in=whose.own_customers),
            "id invoice_id format sha256 made_at",
            file="content",
        ),
        personal_rows(
            Payment.objects.filter(own),
            "id customer_id kind method amount currency value_on recorded_at payer_name payer_account reference "
            "remittance",
        ),
        personal_rows(
            BillingDetails.objects.filter(own | to_them if whose.emails else own),
            "customer_id emails buyer_reference order_number language changed_at",
            marks=whose.marks,
            theirs=("customer_id buyer_reference order_number",),
            changed={"emails": own_addresses},
        ),
        personal_rows(
            InvoiceMail.objects.filter(whose.addressed("email")),
            "id invoice_id email state queued_at sent_at",
        ),
        personal_rows(
            SpecialTerms.objects.filter(own | Q(recorded_by__in=whose.staff_names)),
            "id customer_id starts_on ends_on signed_on document_name recorded_at recorded_by",
            marks=whose.marks,
            theirs=("customer_id document_name", "recorded_by"),
            file="document",
        ),
    ]


def _of_members(whose: Whose) -> list[PersonalRows]:
    card = "brand last4 expiry_year expiry_month"
    return [
        personal_rows(
            SubscriptionChange.objects.filter(whose.named("requested_by")),
            "id customer_id kind plan_id interval requested_at effective_at state requested_by",
        ),
        personal_rows(
            AddOnOrder.objects.filter(whose.named("ordered_by")),
            "id customer_id add_on_id quantity price ordered_at starts_on ends_on ordered_by",
        ),
        personal_rows(
            UsageEvent.objects.filter(member_id__in=whose.members),
            "id customer_id meter quantity source_type source_id occurred_at member_id",
        ),
        personal_rows(
            SavedCard.objects.filter(whose.named("consented_by") | whose.named("removed_by")),
            f"id customer_id provider {card} consent consented_at consented_by saved_at removed_at removed_by",
            marks=whose.marks,
            theirs=(f"consented_by {card} consent", "removed_by"),
            secret="customer_ref method_ref",  # noqa: S106 - names of fields
        ),
        personal_rows(
            CardPayment.objects.filter(whose.named("created_by")),
            "id customer_id invoice_id amount currency state created_at created_by",
        ),
    ]


def _of_staff(whose: Whose) -> list[PersonalRows]:
    names = whose.staff_names
    return [
        personal_rows(BankStatement.objects.filter(imported_by__in=names), "id file_name imported_at imported_by"),
        personal_rows(
            Allocation.objects.filter(made_by__in=names), "id invoice_id payment_id amount value_on made_at made_by"
        ),
        personal_rows(
            Detriment.objects.filter(recorded_by__in=names), "id plan_id announced_on recorded_at recorded_by"
        ),
        personal_rows(
            UsageCorrection.objects.filter(corrected_by__in=names),
            "id corrected_id reversal_id reason corrected_at corrected_by",
        ),
        personal_rows(
            PaymentFlag.objects.filter(cleared_by__in=names), "id payment_id kind raised_at cleared_at cleared_by"
        ),
        personal_rows(
            CardRefund.objects.filter(asked_by__in=names), "id card_payment_id amount reason asked_at asked_by"
        ),
        personal_rows(
            DunningProposal.objects.filter(decided_by__in=names),
            "id customer_id ground state reason decided_at decided_by",
        ),
    ]
