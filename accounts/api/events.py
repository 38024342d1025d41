"""`GET /api/v1/events`: what happened, in an order that nothing is ever added before."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.queries.events import feed
from accounts.rules.events import PUBLIC
from kernel.api import CustomerView

EventRepresentation = inline_serializer(
    "EventRepresentation",
    {
        "id": serializers.CharField(help_text="The same as the `webhook-id` of a webhook's message about it."),
        "type": serializers.ChoiceField(sorted(PUBLIC)),
        "timestamp": serializers.DateTimeField(),
        "data": serializers.DictField(help_text="`id` of what it is about, and states; see the catalogue."),
    },
    many=True,
)


class EventList(serializers.Serializer):
    items = EventRepresentation
    next = serializers.CharField(help_text="The place to ask `after` the next time; there is always one.")
    more = serializers.BooleanField(help_text="Whether more is there already.")


class EventsView(CustomerView):
    """Needs the scope `event.read`; test tokens see the events of test seals only."""

    parameters = frozenset({"after", "types"})

    @extend_schema(
        operation_id="list_events",
        summary="Read what happened, the oldest first",
        parameters=[
            OpenApiParameter(
                "after", str, description="The `next` of the last answer; from the beginning if left out."
            ),
            OpenApiParameter("types", str, description="Only these, with commas between."),
        ],
        responses=EventList,
    )
    def get(self, request: Request) -> Response:
        types = [each for each in request.query_params.get("types", "").split(",") if each]
        page = feed(self.actor, after=request.query_params.get("after", ""), types=types)
        items = [{"id": each.id, **each.message} for each in page.events]
        return Response({"items": items, "next": page.next, "more": page.more})
