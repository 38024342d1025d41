"""Privacy in a customer's portal."""

from __future__ import annotations

from django.urls import URLPattern, path

from privacy.views import binding, excess, registers

urlpatterns: list[URLPattern] = [
    path("privacy/disclosures/", registers.disclosures, name="privacy_disclosures"),
    path("privacy/excess/", excess.excess, name="privacy_excess"),
    path("privacy/excess.zip", excess.excess_zip, name="privacy_excess_zip"),
    path("privacy/binding/", binding.binding, name="binding"),
    path("privacy/binding/statement/", binding.statement, name="binding_statement"),
]
