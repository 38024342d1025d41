"""`GET /api/v1/retention/explain`: why something is kept, until when, or why it was erased."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api import CustomerView
from kernel.audit_chain import moment
from privacy.actions._courses import COURSES
from privacy.queries.explain import Explanation, Reason, explain


class ReasonSerializer(serializers.Serializer[Any]):
    """One rule that keeps it."""

    rule = serializers.CharField(help_text="The rule's key, as on the privacy page.")
    clause = serializers.CharField(help_text="The clause of the contract that it keeps.")
    period = serializers.CharField(help_text="How long, and counted from what, in words.")
    event_on = serializers.DateField(allow_null=True, help_text="The day it counts from; null while that is to come.")
    due_on = serializers.DateField(allow_null=True, help_text="The first day on which it is gone.")
    notices_on = serializers.ListField(child=serializers.DateField(), help_text="When you are told before.")
    consequence = serializers.CharField()


class ErasedSerializer(serializers.Serializer[Any]):
    """That it was erased."""

    rule = serializers.CharField()
    at = serializers.DateTimeField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many of what.")


class ExplanationSerializer(serializers.Serializer[Any]):
    """Why it is kept, or that it was erased."""

    object = serializers.CharField()
    what = serializers.CharField()
    held = serializers.BooleanField(help_text="A legal hold keeps it beyond its date.")
    reasons = ReasonSerializer(many=True)
    erased = ErasedSerializer(allow_null=True)


class RetentionExplainView(CustomerView):
    """Why one thing is kept."""

    parameters = frozenset({"object"})

    @extend_schema(
        operation_id="explain_retention",
        summary="Why is this kept?",
        parameters=[
            OpenApiParameter(
                "object", str, required=True, description="An id, an invoice number, or a day such as 2026-11-28."
            )
        ],
        responses=ExplanationSerializer,
    )
    def get(self, request: Request) -> Response:
        """The rules that keep a seal, member, invoice, notice, API token, your account or a day of the audit trail,
        each with the day it counts from and the day on which it is gone; or when and by which rule it was erased.
        """
        found = explain(request.query_params.get("object", ""), self.actor, courses=COURSES, now=self.now)
        return Response(_representation(found))


def _representation(found: Explanation) -> dict[str, Any]:
    erased = found.erased
    return {
        "object": found.object,
        "what": found.what,
        "held": found.held,
        "reasons": [_reason(each) for each in found.reasons],
        "erased": erased and {"rule": erased.rule.key, "at": moment(erased.at), "counts": erased.counts},
    }


def _reason(each: Reason) -> dict[str, Any]:
    return {
        "rule": each.rule.key,
        "clause": each.rule.clause,
        "period": f"{each.rule.period}, {each.rule.counted}",
        "event_on": each.event_on,
        "due_on": each.due_on,
        "notices_on": list(each.notices),
        "consequence": each.consequence,
    }
