"""Sub-processors for staff: announced 30 days ahead, and ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from kernel import clock
from kernel.actor import Actor
from kernel.staff import ReadOnly, act_with_reason
from privacy.actions.announce_sub_processor import SubProcessorFacts, announce_sub_processor
from privacy.actions.end_sub_processor import end_sub_processor
from privacy.forms.staff import EndSubProcessorForm, SubProcessorForm
from privacy.models import SubProcessor


@admin.register(SubProcessor)
class SubProcessorAdmin(ReadOnly):
    list_display = ("name", "country", "purpose", "announced_on", "starts_on", "ends_on")
    search_fields = ("name", "=id")
    ordering = ("-starts_on",)
    actions_list = ["announce"]
    actions_detail = ["end"]

    def has_manage_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("privacy.manage_subprocessor"))

    def has_end_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_manage_permission(request) and SubProcessor.objects.filter(pk=object_id, ends_on=None).exists()

    @action(description=_("Announce a sub-processor"), url_path="announce", permissions=["manage"])
    def announce(self, request: HttpRequest) -> HttpResponse:
        """To every customer, by a notice."""
        return act_with_reason(
            self,
            request,
            title=gettext("Announce a sub-processor"),
            consequence=gettext(
                "Every customer gets a notice today, and it begins 30 days later at the earliest. "
                "It is on the public page at once."
            ),
            act=_announce,
            form_class=SubProcessorForm,
        )

    @action(description=_("End it"), url_path="end", variant=ActionVariant.PRIMARY, permissions=["end"])
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Or give it up before it began."""
        return act_with_reason(
            self,
            request,
            title=gettext("End this sub-processor"),
            consequence=gettext("It stays on the public page, with its last day. If it has not begun, it never will."),
            act=lambda actor, given: end_sub_processor(
                actor=actor, sub_processor_id=object_id, ends_on=given["ends_on"], now=clock.now()
            ),
            form_class=EndSubProcessorForm,
        )


def _announce(actor: Actor, given: dict[str, Any]) -> None:
    facts = SubProcessorFacts(
        given["name"], given["country"], given["purpose"], given["categories"], given["transfer_ground"]
    )
    announce_sub_processor(actor=actor, facts=facts, starts_on=given["starts_on"], now=clock.now())
