"""Messages of the contact form for staff: read, answered by mail, deleted."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from kernel import clock
from kernel.staff import ReadOnly, act_with_reason
from privacy.actions.delete_contact_message import delete_contact_message
from privacy.actions.mark_contact_message_answered import mark_contact_message_answered
from privacy.forms.staff import InwardReasonForm
from privacy.models import ContactMessage, PublishedFigure


@admin.register(ContactMessage)
class ContactMessageAdmin(ReadOnly):
    list_display = ("topic", "received_at", "language", "answered_at", "answered_by")
    list_filter = ("topic", ("answered_at", admin.EmptyFieldListFilter))
    search_fields = ("=id", "=email")
    ordering = ("-received_at",)
    actions_detail = ["answered", "delete_now"]

    def has_answer_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("privacy.answer_contactmessage"))

    def has_waiting_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        waiting = ContactMessage.objects.filter(pk=object_id, answered_at=None)
        return self.has_answer_permission(request) and waiting.exists()

    @action(description=_("Answered"), url_path="answered", variant=ActionVariant.PRIMARY, permissions=["waiting"])
    def answered(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """By mail, from the operator's own mailbox."""
        return act_with_reason(
            self,
            request,
            title=gettext("It is answered"),
            consequence=gettext("From today its 12 months count; then it is deleted by itself."),
            act=lambda actor, _given: mark_contact_message_answered(actor=actor, message_id=object_id, now=clock.now()),
            form_class=InwardReasonForm,
        )

    @action(description=_("Delete now"), url_path="delete-now", permissions=["answer"])
    def delete_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The sender has withdrawn the consent."""
        return act_with_reason(
            self,
            request,
            title=gettext("Delete this message now"),
            consequence=gettext("Name, address and message are gone for good."),
            act=lambda actor, _given: delete_contact_message(actor=actor, message_id=object_id, now=clock.now()),
            form_class=InwardReasonForm,
        )


@admin.register(PublishedFigure)
class PublishedFigureAdmin(ReadOnly):
    list_display = ("kind", "begins_on", "value", "highest", "published_at")
    list_filter = ("kind",)
    ordering = ("-begins_on",)
