"""Privacy in a customer's portal."""

from __future__ import annotations

from django.urls import URLPattern, path

from privacy.views import registers

urlpatterns: list[URLPattern] = [
    path("privacy/disclosures/", registers.disclosures, name="privacy_disclosures"),
]
