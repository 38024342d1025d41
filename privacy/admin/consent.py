"""Consents to cookies for staff: to find an answer by the number that somebody names."""

from __future__ import annotations

from django.contrib import admin

from kernel.staff import ReadOnly
from privacy.models import ConsentRecord


@admin.register(ConsentRecord)
class ConsentRecordAdmin(ReadOnly):
    list_display = ("given_at", "browser", "manner", "language", "despite_signal", "registry_version")
    list_filter = ("manner", "language", "despite_signal")
    search_fields = ("=browser", "=id")
    ordering = ("-id",)
