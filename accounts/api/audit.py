"""`GET /api/v1/audit`: who did what, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.queries.audit import AuditRow, audit_page, filtered
from accounts.queries.audit_words import GROUPS
from kernel.api import CustomerView, decode_cursor, encode_cursor
from kernel.audit_chain import moment
from kernel.audit_trail import Asked
from kernel.errors import FieldError, InvalidInput

ROWS = 50


class AuditActorSerializer(serializers.Serializer):
    kind = serializers.CharField(help_text="member, person, token, staff or system.")
    id = serializers.CharField()
    name = serializers.CharField(allow_null=True, help_text="As it was then.")


class AuditEntrySerializer(serializers.Serializer):
    """One entry. Null where the device that keeps the keys is away, or the customer's key is gone."""

    number = serializers.IntegerField(help_text="Its place in the customer's chain, without gaps.")
    at = serializers.DateTimeField()
    action = serializers.CharField()
    what = serializers.CharField(help_text="The entry in words.")
    actor = AuditActorSerializer()
    subject = serializers.CharField()
    reason = serializers.CharField(allow_null=True, help_text="What staff wrote.")
    details = serializers.DictField(allow_null=True)
    request_id = serializers.CharField()
    hash = serializers.CharField(help_text="Hexadecimal SHA-256 over this entry and all before it.")


class AuditList(serializers.Serializer):
    items = AuditEntrySerializer(many=True)
    next = serializers.CharField(allow_null=True)


def representation(row: AuditRow) -> dict[str, Any]:
    """An entry as the API and the JSON file show it."""
    entry, payload = row.entry, row.payload
    return {
        "number": row.number,
        "at": moment(entry.at),
        "action": entry.action,
        "what": row.sentence,
        "actor": {
            "kind": entry.actor_kind,
            "id": entry.actor_id,
            "name": payload.actor_name if payload else None,
        },
        "subject": entry.subject,
        "reason": payload.reason if payload else None,
        "details": payload.details if payload else None,
        "request_id": entry.request_id,
        "hash": row.hash.hex(),
    }


class AuditView(CustomerView):
    """The customer's audit trail."""

    parameters = frozenset({"since", "until", "who", "group", "subject", "named", "cursor"})

    @extend_schema(
        operation_id="list_audit",
        summary="Read the audit trail, newest first",
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATETIME, description="With offset: 2026-11-01T00:00:00Z."),
            OpenApiParameter("until", OpenApiTypes.DATETIME, description="Not included."),
            OpenApiParameter("who", str, description="member, token, staff, system, or the id of a member or token."),
            OpenApiParameter("group", str, enum=list(GROUPS), description="Actions that belong together."),
            OpenApiParameter("subject", str, description="The id of what was acted on."),
            OpenApiParameter("named", str, description="An id in any place, an action, or the number of an entry."),
            OpenApiParameter("cursor", str, description="The “next” of the page before."),
        ],
        responses=AuditList,
    )
    def get(self, request: Request) -> Response:
        given = request.query_params
        after = _after(given["cursor"]) if "cursor" in given else None
        page = audit_page(self.actor, _asked(request), after=after, limit=ROWS)
        following = encode_cursor(str(page.next_after)) if page.next_after else None
        return Response({"items": [representation(row) for row in page.rows], "next": following})


def _asked(request: Request) -> Asked:
    given = {name: str(value) for name, value in request.query_params.items() if name != "cursor"}
    for name, value in given.items():
        if len(value) > 80:
            raise InvalidInput(errors=[FieldError(f"/{name}", "invalid_value", _("This cannot be looked for."))])
    if given.get("group") and given["group"] not in GROUPS:
        raise InvalidInput(errors=[FieldError("/group", "invalid_value", _("There is no such group of actions."))])
    since, until = (_moment(name, given.pop(name)) if name in given else None for name in ("since", "until"))
    return filtered(since=since, until=until, **given)


def _moment(name: str, value: str) -> datetime:
    try:
        found = parse_datetime(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        detail = _("A moment with its offset, for example 2026-11-01T00:00:00Z.")
        raise InvalidInput(errors=[FieldError(f"/{name}", "not_a_time", detail)])
    return found


def _after(cursor: str) -> int:
    value = decode_cursor(cursor)
    if not value.isdigit() or len(value) > 18:
        raise InvalidInput(errors=[FieldError("/cursor", "invalid_cursor", _("This cursor was not given out by us."))])
    return int(value)
