"""Privacy in a customer's portal."""

from __future__ import annotations

from django.urls import URLPattern, path

from privacy.views import binding, customer, registers

urlpatterns: list[URLPattern] = [
    path("privacy/", customer.privacy, name="privacy"),
    path("privacy/disclosures/", registers.disclosures, name="privacy_disclosures"),
    path("privacy/binding/", binding.binding, name="binding"),
    path("privacy/binding/statement/", binding.statement, name="binding_statement"),
]
