"""Privacy in a customer's portal."""

from __future__ import annotations

from django.urls import URLPattern, path

from privacy.views import binding, kept, registers
from privacy.views import binding, customer, registers

urlpatterns: list[URLPattern] = [
    path("privacy/", customer.privacy, name="privacy"),
    path("privacy/disclosures/", registers.disclosures, name="privacy_disclosures"),
    path("privacy/kept/", kept.kept, name="privacy_kept"),
from privacy.views import binding, excess, registers

urlpatterns: list[URLPattern] = [
    path("privacy/disclosures/", registers.disclosures, name="privacy_disclosures"),
    path("privacy/excess/", excess.excess, name="privacy_excess"),
    path("privacy/excess/<int:part>.zip", excess.excess_zip, name="privacy_excess_zip"),
from privacy.views import binding, forwarded, registers

urlpatterns: list[URLPattern] = [
    path("privacy/disclosures/", registers.disclosures, name="privacy_disclosures"),
    path("privacy/requests/", forwarded.forwarded_requests, name="forwarded_requests"),
    path("privacy/binding/", binding.binding, name="binding"),
    path("privacy/binding/statement/", binding.statement, name="binding_statement"),
]
