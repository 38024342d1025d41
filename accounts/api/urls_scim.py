"""SCIM, under `/scim/v2/`."""

from django.urls import path

from accounts.api import scim

urlpatterns = [
    path("", scim.CapabilitiesView.as_view(), name="scim"),
    path("ServiceProviderConfig", scim.CapabilitiesView.as_view()),
    path("ResourceTypes", scim.ResourceTypesView.as_view()),
    path("Schemas", scim.SchemasView.as_view()),
    path("Groups", scim.GroupsView.as_view()),
    path("Users", scim.UsersView.as_view(), name="scim_users"),
    path("Users/<str:member_id>", scim.UserView.as_view(), name="scim_user"),
]
