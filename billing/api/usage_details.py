"""`GET /api/v1/usage/events` and `/api/v1/usage/cost-centres`: the rows behind a month, and who its cost is of."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.usage import Amount, asked_month
from billing.queries.cost_centres import cost_split
from billing.queries.events import events_page
from kernel.api import CustomerView, decode_cursor, encode_cursor
from kernel.money import CURRENCY

PERIOD = OpenApiParameter("period", str, description="`YYYY-MM`; this month if left out", pattern=r"^\d{4}-\d{2}$")


class UsageEventSerializer(serializers.Serializer[Any]):
    """One transaction that was counted, or the reversal of one."""

    id = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    quantity = serializers.IntegerField(help_text="Below zero for a correction.")
    kind = serializers.CharField(source="source_type", help_text="`seal`, or `correction` of an earlier one.")
    subject = serializers.CharField(source="source_id", help_text="The seal; of a correction, the event taken back.")
    late = serializers.BooleanField(help_text="It is of an earlier period that was closed already.")
    ordered_by = serializers.CharField(source="orderer_id", help_text="The member or API token.")
    reason = serializers.CharField(help_text="Why it was taken back; empty for what is no correction.")


class UsageEventList(serializers.Serializer[Any]):
    items = UsageEventSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class UsageEventsView(CustomerView):
    """Needs the scope `usage.read`; a test token sees no rows, for only live seals are counted."""

    parameters = frozenset({"period", "cursor"})

    @extend_schema(
        operation_id="usage_events",
        summary="The transactions of a billing period, newest first",
        parameters=[PERIOD, OpenApiParameter("cursor", str, description="The “next” of the page before.")],
        responses=UsageEventList,
    )
    def get(self, request: Request) -> Response:
        cursor = request.query_params.get("cursor")
        page = events_page(
            self.actor,
            month=asked_month(request.query_params.get("period", "")),
            now=self.now,
            after=decode_cursor(cursor) if cursor is not None else None,
        )
        next_cursor = encode_cursor(page.next_after) if page.next_after else None
        return Response(UsageEventList({"items": page.lines, "next": next_cursor}).data)


class CostShareSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="orderer_id", help_text="The member or API token.")
    cost_centre = serializers.CharField(help_text="Empty if none was named.")
    quantity = serializers.IntegerField()
    cost = Amount()


class CentreSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    cost = Amount()


class CostCentresSerializer(serializers.Serializer[Any]):
    """A month's cost in EUR without VAT; the parts add up to it, unless nothing was used."""

    period = serializers.CharField()
    currency = serializers.CharField()
    cost = Amount()
    items = CostShareSerializer(many=True)
    cost_centres = CentreSerializer(many=True)


class CostCentresView(CustomerView):
    """Needs the scope `billing.read`."""

    parameters = frozenset({"period"})

    @extend_schema(
        operation_id="cost_centres",
        summary="The cost of a billing period by member, API token and cost centre",
        parameters=[PERIOD],
        responses=CostCentresSerializer,
    )
    def get(self, request: Request) -> Response:
        found = cost_split(self.actor, month=asked_month(request.query_params.get("period", "")), now=self.now)
        answer = {
            "period": f"{found.usage.starts_on:%Y-%m}",
            "currency": CURRENCY,
            "cost": found.usage.cost_so_far,
            "items": found.shares,
            "cost_centres": found.centres,
        }
        return Response(CostCentresSerializer(answer).data)
