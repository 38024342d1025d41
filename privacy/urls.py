"""Privacy in a customer's portal."""

from __future__ import annotations

from django.urls import URLPattern, path

from privacy.views import binding, customer, excess, forwarded, kept, registers

urlpatterns: list[URLPattern] = [
    path("privacy/", customer.privacy, name="privacy"),
    path("privacy/disclosures/", registers.disclosures, name="privacy_disclosures"),
    path("privacy/kept/", kept.kept, name="privacy_kept"),
    path("privacy/excess/", excess.excess, name="privacy_excess"),
    path("privacy/requests/", forwarded.forwarded_requests, name="forwarded_requests"),
    path("privacy/excess.zip", excess.excess_zip, name="privacy_excess_zip"),
    path("privacy/binding/", binding.binding, name="binding"),
    path("privacy/binding/statement/", binding.statement, name="binding_statement"),
]
