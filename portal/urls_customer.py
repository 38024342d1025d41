"""A customer's portal, under `/c/<slug>/`."""

from __future__ import annotations

from django.urls import include, path

from portal import views

handler500 = "portal.views.server_error"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("", include("sealing.urls")),
    path("", include("billing.urls")),
    path("", include("trust.urls")),
    path("", include("accounts.urls_customer")),
    path("", include("privacy.urls")),
]
