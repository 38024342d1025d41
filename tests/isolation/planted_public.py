"""The public URLconf with an address that nobody has thought about."""

from __future__ import annotations

from django.urls import path

from portal import urls, views

urlpatterns = [*urls.urlpatterns, path("export/<str:customer>/", views.live)]
