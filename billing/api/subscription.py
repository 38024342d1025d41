"""`GET /api/v1/subscription`: the plan, its term and deadlines, and what is pending."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.usage import Amount, UnitPrice
from billing.queries.subscription import ChangeView, SubscriptionView, subscription_seen_by
from billing.rules.rating import Terms
from kernel.api import CustomerView
from kernel.errors import NotFound
from kernel.money import CURRENCY


class TermsSerializer(serializers.Serializer[Terms]):
    """Prices in EUR without VAT; null where something is not counted."""

    monthly_fee = Amount()
    included = serializers.IntegerField(help_text="Transactions a month.")
    overage_unit_price = UnitPrice()
    included_users = serializers.IntegerField(allow_null=True)
    extra_user_price = UnitPrice(allow_null=True)
    included_storage_gb = serializers.IntegerField(allow_null=True)
    storage_gb_price = UnitPrice(allow_null=True)


class TermSerializer(serializers.Serializer[SubscriptionView]):
    starts_at = serializers.DateTimeField(source="term.starts_at")
    ends_at = serializers.DateTimeField(source="term.ends_at", help_text="Not included; renewal, if it renews.")
    cancel_until = serializers.DateTimeField(help_text="From then on cancelling ends the term after this one.")
    prepaid = serializers.BooleanField()


class PendingChangeSerializer(serializers.Serializer[ChangeView]):
    kind = serializers.ChoiceField(choices=["plan", "cancel"])
    plan = serializers.CharField(source="plan_code", help_text="Empty for a cancellation.")
    interval = serializers.CharField(help_text="Empty for a cancellation.")
    requested_at = serializers.DateTimeField()
    effective_at = serializers.DateTimeField()


class SubscriptionSerializer(serializers.Serializer[SubscriptionView]):
    """The subscription that has not ended; every amount in EUR without VAT."""

    id = serializers.CharField()
    plan = serializers.SerializerMethodField()
    interval = serializers.ChoiceField(choices=["month", "year", "once"])
    currency = serializers.CharField(read_only=True, default=CURRENCY)
    vat = serializers.CharField(read_only=True, default="excluded")
    started_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null while it renews.")
    terms = TermsSerializer()
    special_terms = serializers.SerializerMethodField(help_text="Whether signed terms hold in place of the price list.")
    term = TermSerializer(source="*")
    plan_change_until = serializers.DateTimeField(help_text="Until then the next month's plan can be changed.")
    pending = PendingChangeSerializer(allow_null=True)

    def get_plan(self, held: SubscriptionView) -> dict[str, str]:
        return {"code": held.plan_code, "name": held.plan_name}

    def get_special_terms(self, held: SubscriptionView) -> bool:
        return held.agreement is not None


class SubscriptionApiView(CustomerView):
    """Needs the scope `billing.read`; test tokens see the live subscription too."""

    @extend_schema(operation_id="subscription", summary="The plan and its dates", responses=SubscriptionSerializer)
    def get(self, request: Request) -> Response:
        held = subscription_seen_by(self.actor, now=self.now)
        if held is None:
            raise NotFound
        return Response(SubscriptionSerializer(held).data)
