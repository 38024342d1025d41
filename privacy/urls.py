"""Privacy in a customer's portal."""

from __future__ import annotations

from django.urls import URLPattern, path

from privacy.views import binding, forwarded, registers

urlpatterns: list[URLPattern] = [
    path("privacy/disclosures/", registers.disclosures, name="privacy_disclosures"),
    path("privacy/requests/", forwarded.forwarded_requests, name="forwarded_requests"),
    path("privacy/binding/", binding.binding, name="binding"),
    path("privacy/binding/statement/", binding.statement, name="binding_statement"),
]
