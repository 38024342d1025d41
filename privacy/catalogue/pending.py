"""Tables, and fields as `table.field`, that are classified before they exist. None on a release."""

from __future__ import annotations

PENDING: frozenset[str] = frozenset(
    {
        "billing_addon",
        "billing_addonorder",
        "billing_addonprice",
        "billing_billingdetails",
        "billing_billingrun",
        "billing_cardpayment",
        "billing_cardrefund",
        "billing_costalert",
        "billing_costcentre",
        "billing_detriment",
        "billing_dunningproposal",
        "billing_dunningstep",
        "billing_invoicemail",
        "billing_meterlevel",
        "billing_paymentflag",
        "billing_plan.long_notice",
        "billing_pricechangenotice",
        "billing_pspevent",
        "billing_savedcard",
        "billing_spendingcap",
        "billing_storageexcess",
        "billing_subscription.operator_ends_at",
        "billing_thresholdreached",
        "billing_unfitentry",
        "billing_usagecorrection",
    }
)
