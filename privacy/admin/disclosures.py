"""Disclosures to authorities for staff: one records, another confirms (clause D8)."""

from __future__ import annotations

from dataclasses import fields
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
from privacy.actions.change_secrecy import change_secrecy
from privacy.actions.decide_disclosure import decide_disclosure
from privacy.actions.record_disclosure import DisclosureFacts, record_disclosure
from privacy.forms.staff import DisclosureForm, InwardReasonForm, SecrecyForm
from privacy.models import Disclosure
from privacy.rules.disclosures import DisclosureState


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnly):
    list_display = (
        "authority",
        "reference",
        "customer_id",
        "state",
        "outcome",
        "requested_on",
        "silent_until",
        "told_at",
    )
    list_filter = ("state", "outcome", "country")
    search_fields = ("=id", "=customer_id", "authority", "=reference", "=grant_id")
    ordering = ("-id",)
    exclude = ("recorded_by", "decided_by")
    actions_list = ["record_one"]
    actions_detail = ["confirm", "reject", "secrecy"]

    def has_record_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("privacy.record_disclosure"))

    def has_decide_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._second(request, object_id, DisclosureState.RECORDED)

    def has_secrecy_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._second(request, object_id, DisclosureState.CONFIRMED)

    def _second(self, request: HttpRequest, object_id: str, state: DisclosureState) -> bool:
        rows = Disclosure.objects.filter(pk=object_id, state=state.value).exclude(recorded_by=request.user.pk or 0)
        return bool(request.user.has_perm("privacy.confirm_disclosure")) and rows.exists()

    @action(description=_("Record a disclosure"), url_path="record", permissions=["record"])
    def record_one(self, request: HttpRequest) -> HttpResponse:
        """The first person."""
        return act_with_reason(
            self,
            request,
            title=gettext("Record a disclosure"),
            consequence=gettext(
                "A second person must confirm it. Then the customer is told, at once or as soon as the law allows."
            ),
            act=_record,
            form_class=DisclosureForm,
        )

    @action(description=_("Confirm"), url_path="confirm", variant=ActionVariant.PRIMARY, permissions=["decide"])
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second."""
        return act_with_reason(
            self,
            request,
            title=gettext("Confirm this record"),
            consequence=gettext("The customer is told by a notice, at once unless a secrecy is recorded."),
            act=lambda actor, _given: decide_disclosure(
                actor=actor, disclosure_id=object_id, confirmed=True, now=clock.now()
            ),
            form_class=InwardReasonForm,
        )

    @action(description=_("Reject"), url_path="reject", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second, too."""
        return act_with_reason(
            self,
            request,
            title=gettext("Reject this record"),
            consequence=gettext("It stays in the register as rejected, and the customer is told nothing."),
            act=lambda actor, _given: decide_disclosure(
                actor=actor, disclosure_id=object_id, confirmed=False, now=clock.now()
            ),
            form_class=InwardReasonForm,
        )

    @action(description=_("Change the secrecy"), url_path="secrecy", permissions=["secrecy"])
    def secrecy(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """An authority lifted or prolonged it."""
        return act_with_reason(
            self,
            request,
            title=gettext("Change the secrecy"),
            consequence=gettext("Without a day the customer is told at once, and that cannot be taken back."),
            act=lambda actor, given: change_secrecy(
                actor=actor,
                disclosure_id=object_id,
                ground=given["secrecy_ground"],
                silent_until=given["silent_until"],
                now=clock.now(),
            ),
            form_class=SecrecyForm,
            shown=("secrecy_ground", "silent_until"),
        )


def _record(actor: Actor, given: dict[str, Any]) -> None:
    facts = DisclosureFacts(**{each.name: given[each.name] for each in fields(DisclosureFacts)})
    record_disclosure(actor=actor, customer=given["customer"], facts=facts, now=clock.now())
