"""Notices and their deliveries for staff: everything to read, nothing to change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import MailServer, Notice, NoticeDelivery
from accounts.queries.notices import words_of
from kernel.staff import ReadOnly


@admin.register(Notice)
class NoticeAdmin(ReadOnly):
    list_display = ("number", "kind", "customer", "at", "given_at")
    list_select_related = ("customer",)
    list_filter = ("kind",)
    search_fields = ("=id", "number", "=subject", "=customer__id", "customer__name", "customer__slug")
    ordering = ("-id",)
    fields = ("id", "number", "kind", "customer", "subject", "at", "given_at", "words", "facts")
    readonly_fields = ("words",)

    @admin.display(description=_("Words in English"))
    def words(self, notice: Notice) -> str:
        """What it says."""
        return words_of(notice, language="en").text


@admin.register(NoticeDelivery)
class NoticeDeliveryAdmin(ReadOnly):
    list_display = ("notice", "email", "language", "state", "attempts", "sent_at", "read_at", "failure")
    list_select_related = ("notice",)
    list_filter = ("state", "own_server", "notice__kind")
    search_fields = ("=id", "=notice__id", "notice__number", "email", "=notice__customer__id")
    ordering = ("-notice_id", "email")


@admin.register(MailServer)
class MailServerAdmin(ReadOnly):
    list_display = ("host", "customer", "enabled", "proven_at", "failed_at", "reason", "answer")
    list_select_related = ("customer",)
    list_filter = ("enabled",)
    search_fields = ("host", "customer__name", "customer__slug")
    ordering = ("customer__name",)
    exclude = ("password",)
