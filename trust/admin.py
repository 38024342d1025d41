"""Trust for staff: everything to read, nothing to change by hand."""

from __future__ import annotations

from django.contrib import admin

from kernel.staff import ReadOnly
from trust.models import RevocationAnswer, SealCertificate, SealKey, TimestampAuthority, TimestampIssued


@admin.register(SealKey)
class SealKeyAdmin(ReadOnly):
    list_display = ("id", "customer", "algorithm", "live", "created_at", "destroyed_at")
    list_select_related = ("customer",)
    list_filter = ("live", "algorithm")
    search_fields = ("id", "customer__slug", "customer__name")
    ordering = ("-id",)


@admin.register(SealCertificate)
class SealCertificateAdmin(ReadOnly):
    list_display = ("id", "customer", "state", "live", "subject", "issuer", "not_after", "qualified")
    list_select_related = ("customer",)
    list_filter = ("state", "live", "qualified")
    search_fields = ("id", "serial", "fingerprint", "subject", "customer__slug", "customer__name")
    exclude = ("certificate", "chain")
    ordering = ("-id",)


@admin.register(TimestampAuthority)
class TimestampAuthorityAdmin(ReadOnly):
    list_display = ("name", "live", "enlisted", "position", "failures", "rest_until", "last_ok_at", "last_error")
    list_filter = ("live", "enlisted")
    exclude = ("signer", "signer_chain")


@admin.register(TimestampIssued)
class TimestampIssuedAdmin(ReadOnly):
    list_display = ("authority", "serial", "generated_at")
    list_select_related = ("authority",)
    search_fields = ("=serial",)
    ordering = ("-id",)


@admin.register(RevocationAnswer)
class RevocationAnswerAdmin(ReadOnly):
    list_display = ("kind", "url", "this_update", "next_update", "fetched_at")
    list_filter = ("kind",)
    exclude = ("content",)
    ordering = ("-fetched_at",)
