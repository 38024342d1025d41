"""The public site, the API and the staff admin. A customer's portal is in `urls_customer`."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularJSONAPIView

from portal import views

handler400 = "portal.views.bad_request"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("pricing/", views.pricing, name="pricing"),
    path("status/", views.status_page, name="status"),
    path("status.json", views.status_json, name="status_json"),
    path("language/words.js", JavaScriptCatalog.as_view(), name="javascript_catalog"),
    path("", include("sealing.urls_public")),
    path("", include("accounts.urls_public")),
    path("", include("trust.urls_public")),
    path("", include("billing.urls_public")),
    path("", include("privacy.urls_public")),
    path("account/", include("allauth.urls")),
    path("staff/support/", include("sealing.urls_staff")),
    path("staff/", admin.site.urls),
    path("livez", views.live, name="livez"),
    path("readyz", views.ready, name="readyz"),
    path("scim/v2/", include("accounts.api.urls_scim")),
    path("docs/", RedirectView.as_view(pattern_name="api_docs")),
    path("openapi.json", RedirectView.as_view(pattern_name="api_schema")),
    path(
        "api/v1/",
        include(
            [
                path("openapi.json", SpectacularJSONAPIView.as_view(permission_classes=[]), name="api_schema"),
                path("docs/", views.api_docs, name="api_docs"),
                path("", include("accounts.api.urls")),
                path("", include("sealing.api.urls")),
                path("", include("billing.api.urls")),
                path("", include("trust.api.urls")),
                path("", include("privacy.api.urls")),
            ]
        ),
    ),
]
