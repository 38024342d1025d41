"""Privacy on the public site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, path

from privacy.views import inventory

urlpatterns: list[URLPattern] = [
    path("privacy/", inventory.policy, name="privacy_policy"),
    path("privacy/annex/", inventory.annex, name="privacy_annex"),
    path("staff/records/", admin.site.admin_view(inventory.records), name="records_of_processing"),
    path("staff/records.csv", admin.site.admin_view(inventory.records_csv), name="records_of_processing_csv"),
]
