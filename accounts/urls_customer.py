"""Accounts in a customer's portal."""

from django.urls import path

from accounts.views import api_tokens, invitation_list, member, people, roles

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people.csv", people.people_csv, name="people_csv"),
    path("people/roles/", roles.roles, name="roles"),
    path("people/documents/", roles.document_rules, name="document_rules"),
    path("people/list/", invitation_list.invitation_list, name="invitation_list"),
    path("people/leave/", member.leave, name="leave"),
    path("people/<str:membership_id>/", member.member, name="member"),
    path("developers/tokens/", api_tokens.api_tokens, name="api_tokens"),
]
