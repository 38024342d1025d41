"""Receipts of erasures for staff: to send one to who has lost the link."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from kernel.clock import legal_date
from kernel.errors import NotFound
from kernel.staff import ReadOnly
from privacy.admin.retention import RuleFilter
from privacy.models import ErasureReceipt
from privacy.queries.periods import rule_words


@admin.register(ErasureReceipt)
class ErasureReceiptAdmin(ReadOnly):
    list_display = ("made_at", "id", "kept_as")
    list_filter = (RuleFilter,)
    search_fields = ("=id", "=subject_hash", "=sha256")
    ordering = ("-made_at",)
    fields = ("id", "made_at", "kept_as", "subject_hash", "sha256")
    actions_detail = ["download"]

    @display(description=_("Kept as"), ordering="rule")
    def kept_as(self, receipt: ErasureReceipt) -> str:
        return rule_words(receipt.rule)

    def has_download_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(self.has_view_permission(request))

    @action(description=_("Download the sealed PDF"), url_path="download", permissions=["download"])
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = ErasureReceipt.objects.filter(pk=object_id).first()
        if row is None:
            raise NotFound
        response = HttpResponse(bytes(row.content), content_type="application/pdf")
        name = f"erasure-receipt-{legal_date(row.made_at):%Y-%m-%d}.pdf"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
