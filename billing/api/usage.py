"""`GET /api/v1/usage?period=2026-11`: the figures of one billing period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.queries import Usage, usage_seen_by
from billing.rules.months import month_named
from kernel.api import CustomerView
from kernel.errors import FieldError, InvalidInput
from kernel.money import CURRENCY


class Amount(serializers.DecimalField):
    """Euros as text with two places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, **options)


class UnitPrice(serializers.DecimalField):
    """Euros as text with two to six places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=14, decimal_places=6, **options)

    def to_representation(self, value: Decimal) -> str:
        whole, _point, places = super().to_representation(value).partition(".")
        return f"{whole}.{places.rstrip('0'):0<2}"


class PlanSerializer(serializers.Serializer[Usage]):
    code = serializers.CharField(source="plan_code")
    name = serializers.CharField(source="plan_name")


class ForecastSerializer(serializers.Serializer[Usage]):
    quantity = serializers.IntegerField(source="forecast.quantity")
    cost = Amount(source="forecast_cost")
    method = serializers.CharField(source="forecast.method")
    days_passed = serializers.IntegerField(source="forecast.days_passed")
    days_in_period = serializers.IntegerField(source="forecast.days_in_period")


class CheaperPlanSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    cost = Amount()
    saving = Amount()


class DaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField(source="on")
    count = serializers.IntegerField(source="quantity")


class UsageSerializer(serializers.Serializer[Usage]):
    """Figures of one billing period; every amount in EUR without VAT."""

    period = serializers.SerializerMethodField(help_text="The month in which the billing period begins.")
    starts_at = serializers.DateTimeField(source="period_start")
    ends_at = serializers.DateTimeField(source="period_end", help_text="Not included.")
    closed = serializers.BooleanField(help_text="Whether the figures are final.")
    plan = serializers.SerializerMethodField(help_text="Null without a plan.")
    currency = serializers.CharField(read_only=True, default=CURRENCY)
    vat = serializers.CharField(read_only=True, default="excluded")
    included = serializers.IntegerField()
    used = serializers.IntegerField()
    overage = serializers.IntegerField()
    remaining = serializers.IntegerField()
    late = serializers.IntegerField(help_text="Of an earlier period that was closed already.")
    fee = Amount()
    overage_unit_price = UnitPrice()
    overage_cost = Amount()
    cost_so_far = Amount()
    forecast = ForecastSerializer(source="*")
    cheaper_plan = CheaperPlanSerializer(allow_null=True, help_text="For the forecast number of transactions.")
    days = DaySerializer(many=True)

    def get_period(self, figures: Usage) -> str:
        return f"{figures.starts_on:%Y-%m}"

    @extend_schema_field(PlanSerializer(allow_null=True))
    def get_plan(self, figures: Usage) -> Any:
        return PlanSerializer(figures).data if figures.plan_code else None


class UsageView(CustomerView):
    """Needs the scope `usage.read`; test tokens see the live figures too."""

    parameters = frozenset({"period"})

    @extend_schema(
        operation_id="usage",
        summary="Usage and cost of a billing period",
        parameters=[
            OpenApiParameter("period", str, description="`YYYY-MM`; this month if left out", pattern=r"^\d{4}-\d{2}$")
        ],
        responses=UsageSerializer,
    )
    def get(self, request: Request) -> Response:
        month = asked_month(request.query_params.get("period", ""))
        return Response(UsageSerializer(usage_seen_by(self.actor, month=month, now=self.now)).data)


def asked_month(text: str) -> date | None:
    """The month of `?period=`; None for this one. Raises `InvalidInput`."""
    month = month_named(text)
    if text and month is None:
        detail = _("Write the month as in 2026-11.")
        raise InvalidInput(errors=[FieldError("/period", "invalid_period", detail)])
    return month
