"""`/api/v1/members` and `/api/v1/invitations`: who may act for the customer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.change_role import change_role
from accounts.actions.end_membership import end_membership
from accounts.actions.invite_member import invite_member
from accounts.actions.restore_member import restore_member
from accounts.actions.revoke_invitation import revoke_invitation
from accounts.actions.suspend_member import suspend_member
from accounts.api.inputs import CHANGEABLE_STATUSES, read_email, read_object, read_role, read_status
from accounts.models import Invitation, Membership
from accounts.queries.invitations import invitation_of, pending_invitations_of
from accounts.queries.people import MemberSelection, MemberView, member_of, members_page
from accounts.rules.permissions import Role
from kernel.api import CustomerView, decode_cursor, encode_cursor
from kernel.errors import FieldError, Forbidden, InvalidInput, NotFound

_ROLES = [role.value for role in Role]
_STATUSES = [status.value for status in Membership.Status]


class MemberRepresentation(serializers.Serializer[MemberView]):
    """A member; `last_seen` is told roughly, as a span."""

    id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.CharField(help_text=", ".join(_ROLES))
    status = serializers.CharField(help_text=", ".join(_STATUSES))
    sees_every_document = serializers.BooleanField()
    second_step = serializers.BooleanField(help_text="Whether signing in takes a second step.")
    last_seen = serializers.CharField(source="seen.value", help_text="week, month, quarter, earlier or never.")
    joined_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class MemberList(serializers.Serializer):
    items = MemberRepresentation(many=True)
    next = serializers.CharField(allow_null=True)


class MemberChange(serializers.Serializer):
    """One of them."""

    role = serializers.CharField(required=False, help_text="Never owner: that is for people.")
    status = serializers.CharField(required=False, help_text=" or ".join(CHANGEABLE_STATUSES))


class InvitationInput(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.CharField(help_text="Never owner: that is for people.")


class InvitationRepresentation(serializers.Serializer[Invitation]):
    id = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.CharField()
    invited_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class InvitationList(serializers.Serializer):
    items = InvitationRepresentation(many=True)
    next = serializers.CharField(allow_null=True)


class _MembersView(CustomerView):
    def require_live(self) -> None:
        """A test token changes nothing about real people."""
        if not self.actor.live:
            raise Forbidden(_("A test token reads members and changes nothing about them."))


class MembersView(_MembersView):
    """The members, and inviting one more."""

    parameters = frozenset({"role", "status", "search", "cursor"})

    @extend_schema(
        operation_id="list_members",
        summary="List members by name",
        description="Needs the scope `member.read`. Who left is shown only with `status=ended`.",
        parameters=[
            OpenApiParameter("role", str, enum=_ROLES),
            OpenApiParameter("status", str, enum=_STATUSES),
            OpenApiParameter("search", str, description="A part of name or e-mail address."),
            OpenApiParameter("cursor", str, description="The “next” of the page before."),
        ],
        responses=MemberList,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        selection = MemberSelection(
            search=_text(asked.get("search", ""), "search"),
            role=_known(asked.get("role", ""), "role", _ROLES),
            status=_known(asked.get("status", ""), "status", _STATUSES),
        )
        after = decode_cursor(asked["cursor"]) if "cursor" in asked else None
        try:
            page = members_page(self.actor, selection, now=self.now, after=after)
        except NotFound as error:
            detail = _("This cursor was not given out by us.")
            raise InvalidInput(errors=[FieldError("/cursor", "invalid_cursor", detail)]) from error
        following = encode_cursor(page.next_after) if page.next_after else None
        return Response({"items": [MemberRepresentation(each).data for each in page.items], "next": following})

    @extend_schema(
        operation_id="invite_member",
        summary="Invite somebody by e-mail",
        description="Needs the scope `member.manage` and a live token. The invitation holds for seven days and once.",
        request=InvitationInput,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Any text of yours, up to 255 characters. The same request sent again is not done again.",
            )
        ],
        responses={201: InvitationRepresentation},
    )
    def post(self, request: Request) -> Response:
        self.require_live()
        body = read_object(request, {"email", "role"})
        invitation = invite_member(
            actor=self.actor,
            email=read_email(body),
            role=read_role(body),
            idempotency_key=request.headers.get("Idempotency-Key"),
            now=self.now,
        )
        response = Response(InvitationRepresentation(invitation).data, status=201)
        if invitation.created_at != self.now:
            response["Idempotent-Replayed"] = "true"
        return response


class MemberDetailView(_MembersView):
    """One member."""

    @extend_schema(operation_id="get_member", summary="Read a member", responses=MemberRepresentation)
    def get(self, request: Request, membership_id: str) -> Response:
        return self._represent(membership_id)

    @extend_schema(
        operation_id="change_member",
        summary="Change a member's role, suspend or restore them",
        description="Needs the scope `member.manage` and a live token. Owners are made and changed by people only.",
        request=MemberChange,
        responses=MemberRepresentation,
    )
    def patch(self, request: Request, membership_id: str) -> Response:
        self.require_live()
        body = read_object(request, {"role", "status"})
        if len(body) != 1:
            raise InvalidInput(errors=[FieldError("", "invalid", _("Change the role or the status, one at a time."))])
        if "role" in body:
            change_role(actor=self.actor, membership_id=membership_id, role=read_role(body), now=self.now)
        elif read_status(body) == "suspended":
            suspend_member(actor=self.actor, membership_id=membership_id, now=self.now)
        else:
            restore_member(actor=self.actor, membership_id=membership_id, now=self.now)
        return self._represent(membership_id)

    @extend_schema(
        operation_id="end_member",
        summary="End a member's access",
        description="Needs the scope `member.manage` and a live token. API tokens they made are revoked for good.",
        responses={204: None},
    )
    def delete(self, request: Request, membership_id: str) -> Response:
        self.require_live()
        end_membership(actor=self.actor, membership_id=membership_id, now=self.now)
        return Response(status=204)

    def _represent(self, membership_id: str) -> Response:
        return Response(MemberRepresentation(member_of(self.actor, membership_id, now=self.now)).data)


class InvitationsView(CustomerView):
    """Invitations that nobody has used."""

    @extend_schema(
        operation_id="list_invitations",
        summary="List invitations that nobody has used",
        description="Needs the scope `member.read`. Expired ones are listed for 30 days.",
        responses=InvitationList,
    )
    def get(self, request: Request) -> Response:
        found = pending_invitations_of(self.actor, now=self.now)
        return Response({"items": [InvitationRepresentation(each).data for each in found], "next": None})


class InvitationDetailView(_MembersView):
    """One invitation."""

    @extend_schema(operation_id="get_invitation", summary="Read an invitation", responses=InvitationRepresentation)
    def get(self, request: Request, invitation_id: str) -> Response:
        return Response(InvitationRepresentation(invitation_of(self.actor, invitation_id)).data)

    @extend_schema(
        operation_id="withdraw_invitation",
        summary="Withdraw an invitation",
        description="Needs the scope `member.manage` and a live token.",
        responses={204: None},
    )
    def delete(self, request: Request, invitation_id: str) -> Response:
        self.require_live()
        revoke_invitation(actor=self.actor, invitation_id=invitation_id, now=self.now)
        return Response(status=204)


def _known(value: str, name: str, known: list[str]) -> str:
    if value and value not in known:
        detail = _("Choose one of: %(values)s.") % {"values": ", ".join(known)}
        raise InvalidInput(errors=[FieldError(f"/{name}", "invalid_choice", detail)])
    return value


def _text(value: str, name: str) -> str:
    if "\0" in value or len(value) > 200:
        raise InvalidInput(errors=[FieldError(f"/{name}", "invalid", _("Write at most 200 characters."))])
    return value
