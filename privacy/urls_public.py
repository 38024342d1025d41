"""Privacy on the public site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, path

from privacy.views import (
    binding,
    contact,
    cookies,
    exports,
    inventory,
    own_account,
    own_rights,
    receipts,
    registers,
    retention,
    rights,
)

urlpatterns: list[URLPattern] = [
    path("privacy/", inventory.policy, name="privacy_policy"),
    path("privacy/annex/", inventory.annex, name="privacy_annex"),
    path("staff/records/", admin.site.admin_view(inventory.records), name="records_of_processing"),
    path("staff/records.csv", admin.site.admin_view(inventory.records_csv), name="records_of_processing_csv"),
    path("staff/retention/", admin.site.admin_view(retention.staff_retention), name="staff_retention"),
    path("privacy/sub-processors/", registers.sub_processors_page, name="sub_processors"),
    path("privacy/receipt/<str:link>/", receipts.erasure_receipt, name="erasure_receipt"),
    path("privacy/complaint/", registers.complaint, name="complaint"),
    path("privacy/figures/", registers.figures, name="figures"),
    path("privacy/figures.json", registers.figures_json, name="figures_json"),
    path("privacy/request/", rights.rights_request, name="rights_request"),
    path("privacy/request/sent/", rights.rights_sent, name="rights_sent"),
    path("privacy/request/confirm/<str:secret>/", rights.rights_identity, name="rights_identity"),
    path("privacy/request/<str:secret>/", rights.rights_status, name="rights_status"),
    path("privacy/request/<str:secret>/answer.pdf", rights.rights_answer, name="rights_answer"),
    path("account/privacy/", own_rights.account_privacy, name="account_privacy"),
    path("account/privacy/<str:request_id>/", own_rights.account_rights_request, name="account_rights_request"),
    path("account/privacy/<str:request_id>/answer.pdf", own_rights.account_rights_answer, name="account_rights_answer"),
    path("privacy/export/<str:secret>/", exports.rights_export, name="rights_export"),
    path("contact/", contact.contact, name="contact"),
    path("contact/<str:link>/", contact.contact_sent, name="contact_sent"),
    path(".well-known/security.txt", registers.security_txt, name="security_txt"),
    path("staff/binding/<str:customer_id>/", admin.site.admin_view(binding.staff_binding), name="staff_binding"),
    path("cookies/", cookies.cookies, name="cookies"),
    path("account/erase/", own_account.deletion, name="own_account_deletion"),
    path(".well-known/gpc.json", cookies.gpc, name="gpc"),
]
