"""SCIM, under `/scim/v2/`."""

from django.urls import path

from accounts.api import scim
from accounts.api import scim_capabilities as capabilities
from accounts.rules.scim import USER

urlpatterns = [
    path("", capabilities.CapabilitiesView.as_view(), name="scim"),
    path("ServiceProviderConfig", capabilities.CapabilitiesView.as_view()),
    path("ResourceTypes", capabilities.ResourceTypesView.as_view()),
    path("ResourceTypes/User", capabilities.UserTypeView.as_view()),
    path("Schemas", capabilities.SchemasView.as_view()),
    path(f"Schemas/{USER}", capabilities.UserSchemaView.as_view()),
    path("Groups", capabilities.GroupsView.as_view()),
    path("Users", scim.UsersView.as_view(), name="scim_users"),
    path("Users/<str:member_id>", scim.UserView.as_view(), name="scim_user"),
    path("<path:rest>", capabilities.UnofferedView.as_view()),
]
