"""What billing adds to a customer's complete export (clause C8)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder

from billing.models import (
    AddOnOrder,
    Allocation,
    BillingDetails,
    BillingPeriod,
    CardPayment,
    CardRefund,
    Charge,
    CostAlert,
    CostCentre,
    DunningStep,
    Invoice,
    InvoiceFile,
    InvoiceMail,
    MeterLevel,
    Payment,
    SavedCard,
    SpecialTerms,
    SpendingCap,
    Subscription,
    SubscriptionChange,
    UsageCorrection,
    UsageEvent,
    VatEvidence,
)
from billing.queries.invoice_files import FileToRead, as_file
from billing.queries.invoices import document
from billing.rules.rating import SpecialTerms as Overrides
from kernel.exporting import LeftOut, Table

_AT_ONCE = 2000
LEFT_OUT = (
    LeftOut(
        ("billing_savedcard.customer_ref", "billing_savedcard.method_ref"),
        "The card company's names for a saved card: whoever has them could try to charge it.",
    ),
    LeftOut(
        (
            *("billing_dunningproposal", "billing_paymentflag"),
            *("billing_allocation.made_by", "billing_cardrefund.asked_by", "billing_invoice.released_by"),
            *("billing_specialterms.recorded_by", "billing_usagecorrection.corrected_by"),
        ),
        "How the operator's staff worked on payments and invoices. What came of it is in the lists.",
    ),
)


def billing_tables(customer_id: str) -> list[Table]:
    """Subscriptions, billing periods, usage, charges, what was agreed, paid and set; amounts in EUR without VAT, those
    of payments and allocations as they were paid."""
    subscriptions = ("id", "plan_version__plan__name", "interval", "started_at", "ended_at")
    periods = ("id", "subscription_id", "starts_at", "ends_at", "state")
    events = ("id", "billing_period_id", "meter", "quantity", "source_type", "source_id", "occurred_at", "member_id")
    charges = (
        *("id", "item", "description", "quantity", "unit_price", "amount", "currency"),
        *("source_id", "reverses_id", "occurred_at"),
    )
    return [
        Table(
            "subscriptions",
            "The plans, from when and until when.",
            ("id", "plan", *subscriptions[2:]),
            Subscription.objects.filter(customer_id=customer_id).order_by("started_at").values_list(*subscriptions),
        ),
        Table(
            "billing-periods",
            "The months that were counted.",
            periods,
            BillingPeriod.objects.filter(customer_id=customer_id).order_by("starts_at").values_list(*periods),
        ),
        Table(
            "usage",
            "Each delivery that was counted, and in which month.",
            events,
            UsageEvent.objects.filter(customer_id=customer_id)
            .order_by("occurred_at", "id")
            .values_list(*events)
            .iterator(chunk_size=_AT_ONCE),
        ),
        Table(
            "charges",
            "What was owed once, beside the plan, and what of it was taken back.",
            charges,
            Charge.objects.filter(customer_id=customer_id).order_by("occurred_at", "id").values_list(*charges),
        ),
        *_agreed_tables(customer_id),
        *_paid_tables(customer_id),
        *_chosen_tables(customer_id),
        *_card_tables(customer_id),
        *_checked_tables(customer_id),
    ]


def special_terms_files(customer_id: str) -> Iterator[tuple[str, bytes, datetime]]:
    """What was signed: name, content, and when it was recorded; one in memory."""
    found = SpecialTerms.objects.filter(customer_id=customer_id).order_by("starts_on")
    columns = ("id", "document_name", "document", "recorded_at")
    for terms_id, name, content, recorded_at in found.values_list(*columns).iterator(chunk_size=1):
        yield f"{terms_id}-{name}", bytes(content), recorded_at


def invoice_lines(customer_id: str) -> Iterator[bytes]:
    """Every finalised document with its lines, one JSON object a line, in the order of issue; one in memory."""
    found = Invoice.objects.finalised().filter(customer_id=customer_id).order_by("finalised_at", "id")
    for invoice_id in found.values_list("id", flat=True):
        told = asdict(document(invoice_id))
        yield json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n"


def invoice_files(customer_id: str) -> Iterator[tuple[FileToRead, datetime]]:
    """The files of every document as they were sent, each with the time it was made; one in memory."""
    found = InvoiceFile.objects.filter(invoice__customer_id=customer_id).order_by("id")
    for file_id in found.values_list("id", flat=True):
        stored = InvoiceFile.objects.select_related("invoice").get(pk=file_id)
        yield as_file(stored), stored.made_at


def _agreed_tables(customer_id: str) -> list[Table]:
    """What was ordered and agreed beside the plan, and what is measured for it."""
    orders = ("id", "add_on__name", "quantity", "price", "ordered_at", "ordered_by", "starts_on", "ends_on")
    terms = (
        *("id", "starts_on", "ends_on", "signed_on", "document_name", "document_sha256"),
        *(field.name for field in fields(Overrides)),
    )
    levels = ("on", "meter", "quantity")
    return [
        Table(
            "additional-services",
            "What was ordered beside the plan, at which price for one, and until when.",
            ("id", "service", *orders[2:]),
            AddOnOrder.objects.filter(customer_id=customer_id).order_by("ordered_at").values_list(*orders),
        ),
        Table(
            "special-terms",
            "What was signed instead of the price list; an empty cell leaves what the plan says.",
            terms,
            SpecialTerms.objects.filter(customer_id=customer_id).order_by("starts_on").values_list(*terms),
        ),
        Table(
            "levels",
            "How many users and gigabytes there were, day by day.",
            levels,
            MeterLevel.objects.filter(customer_id=customer_id).order_by("on", "meter").values_list(*levels),
        ),
    ]


def _paid_tables(customer_id: str) -> list[Table]:
    """What came and went back, what it settled, and what followed from late payment."""
    payments = (
        *("id", "kind", "method", "amount", "currency", "value_on", "payer_name", "payer_account", "reference"),
        *("remittance", "reverses_id", "recorded_at"),
    )
    allocations = ("id", "invoice__number", "payment_id", "credit_note__number", "amount", "value_on", "made_at")
    steps = ("invoice__number", "kind", "at", "until", "withdrawn_at")
    return [
        Table(
            "payments",
            "What was paid and paid back, with VAT.",
            payments,
            Payment.objects.filter(customer_id=customer_id).order_by("recorded_at", "id").values_list(*payments),
        ),
        Table(
            "allocations",
            "Which payment or credit note settled which invoice, with VAT; below zero what was undone.",
            ("id", "invoice", "payment_id", "credit_note", *allocations[4:]),
            Allocation.objects.filter(customer_id=customer_id).order_by("id").values_list(*allocations),
        ),
        Table(
            "late-payment",
            "The reminders and notices about invoices that were not paid in time.",
            ("invoice", *steps[1:]),
            DunningStep.objects.filter(customer_id=customer_id).order_by("id").values_list(*steps),
        ),
    ]


def _chosen_tables(customer_id: str) -> list[Table]:
    """What the customer chose about its bills."""
    details = ("emails", "buyer_reference", "order_number", "language", "attached_format", "changed_at")
    centres, alerts, caps = ("orderer_id", "name"), ("amount", "set_at"), ("amount", "grace", "set_at")
    return [
        Table(
            "billing-details",
            "Where invoices go, in which language and format, and what they refer to.",
            details,
            BillingDetails.objects.filter(customer_id=customer_id).values_list(*details),
        ),
        Table(
            "cost-centres",
            "Which member or API token belongs to which cost centre.",
            centres,
            CostCentre.objects.filter(customer_id=customer_id).order_by("orderer_id").values_list(*centres),
        ),
        Table(
            "cost-alerts",
            "The costs of a month at which you are told.",
            alerts,
            CostAlert.objects.filter(customer_id=customer_id).order_by("amount").values_list(*alerts),
        ),
        Table(
            "spending-cap",
            "The cost of a month beyond which nothing more is sealed.",
            caps,
            SpendingCap.objects.filter(customer_id=customer_id).values_list(*caps),
        ),
    ]


def _card_tables(customer_id: str) -> list[Table]:
    """What was paid and given back by card. Nobody here knows a card's number."""
    cards = (
        *("id", "brand", "last4", "expiry_year", "expiry_month", "consent", "consented_by", "consented_at"),
        *("removed_at", "removed_by"),
    )
    payments = ("id", "invoice__number", "saved_card_id", "amount", "currency", "state", "created_by", "created_at")
    refunds = ("id", "card_payment_id", "amount", "reason", "state", "asked_at")
    return [
        Table(
            "cards",
            "The cards that were saved, and the words of consent.",
            cards,
            SavedCard.objects.filter(customer_id=customer_id).order_by("id").values_list(*cards),
        ),
        Table(
            "card-payments",
            "The payments that were begun by card.",
            ("id", "invoice", *payments[2:]),
            CardPayment.objects.filter(customer_id=customer_id).order_by("id").values_list(*payments),
        ),
        Table(
            "card-refunds",
            "What was given back to a card.",
            refunds,
            CardRefund.objects.filter(card_payment__customer_id=customer_id).order_by("id").values_list(*refunds),
        ),
    ]


def _checked_tables(customer_id: str) -> list[Table]:
    """What was asked for, checked, mailed and corrected on the way to an invoice."""
    changes = (
        *("subscription_id", "kind", "plan__name", "interval", "requested_by", "requested_at", "effective_at"),
        *("state", "settled_at"),
    )
    vat = ("vat_number", "valid", "name", "address", "consultation_number", "checked_at", "answer")
    mails = ("invoice__number", "email", "state", "failure", "queued_at", "sent_at")
    corrections = ("corrected_id", "reversal_id", "reason", "corrected_at")
    return [
        Table(
            "plan-changes",
            "Who changed or cancelled the plan, and from when.",
            (*changes[:2], "plan", *changes[3:]),
            SubscriptionChange.objects.filter(customer_id=customer_id).order_by("requested_at").values_list(*changes),
        ),
        Table(
            "vat-checks",
            "What the authorities answered about your VAT number.",
            vat,
            VatEvidence.objects.filter(customer_id=customer_id).order_by("checked_at").values_list(*vat),
        ),
        Table(
            "invoice-mails",
            "To which addresses invoices were mailed.",
            ("invoice", *mails[1:]),
            InvoiceMail.objects.filter(invoice__customer_id=customer_id).order_by("id").values_list(*mails),
        ),
        Table(
            "usage-corrections",
            "What of the usage was taken back, and why.",
            corrections,
            UsageCorrection.objects.filter(corrected__customer_id=customer_id)
            .order_by("corrected_at")
            .values_list(*corrections),
        ),
    ]
