"""Accounts under `/api/v1/`."""

from django.urls import path

from accounts.api.members import InvitationDetailView, InvitationsView, MemberDetailView, MembersView

urlpatterns = [
    path("members", MembersView.as_view(), name="api_members"),
    path("members/<str:membership_id>", MemberDetailView.as_view(), name="api_member"),
    path("invitations", InvitationsView.as_view(), name="api_invitations"),
    path("invitations/<str:invitation_id>", InvitationDetailView.as_view(), name="api_invitation"),
]
