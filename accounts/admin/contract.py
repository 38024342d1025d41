"""Contracts for staff: what was agreed, and the buttons that end a contract or correct who it is with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.actions.confirm_ending import confirm_ending
from accounts.actions.correct_registration import correct_registration
from accounts.actions.give_end_notice import give_end_notice
from accounts.actions.register_end_letter import register_end_letter
from accounts.actions.withdraw_ending import withdraw_ending
from accounts.forms.contract import EndNoticeForm, LetterForm, RegistrationForm
from accounts.models import Ending, Erasure
from accounts.rules.endings import Ground
from kernel import clock
from kernel.actor import Actor
from kernel.staff import ReadOnly, act_with_reason


class ContractButtons(ReadOnly):
    """The buttons of a customer that concern its contract."""

    contract_actions = (
        "binding_documents",
        "correct_registration",
        "end_letter",
        "end_notice",
        "confirm_ending",
        "keep_contract",
    )

    def has_contract_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.change_customer"))

    @action(description=_("What binds this customer"), url_path="binding", permissions=["contract"])
    def binding_documents(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which documents bound it on a day, with their acceptances."""
        return redirect("staff_binding", customer_id=object_id)

    @action(description=_("Correct registration"), url_path="registration", permissions=["contract"])
    def correct_registration(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Name, country and register number, after comparing them with the register."""
        return act_with_reason(
            self,
            request,
            title=gettext("Correct how this customer is registered"),
            consequence=gettext("Certificates that name it otherwise stay as they are: it orders a new one."),
            act=lambda actor, given: correct_registration(
                actor=actor,
                customer_id=object_id,
                name=given["name"],
                country=given["country"],
                register_number=given["register_number"],
                now=clock.now(),
            ),
            form_class=RegistrationForm,
            shown=("name", "country", "register_number"),
        )

    @action(description=_("Letter that ends the contract"), url_path="end-letter", permissions=["contract"])
    def end_letter(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A signed letter came (clause C6)."""
        return act_with_reason(
            self,
            request,
            title=gettext("Register the letter that ends this contract"),
            consequence=gettext("It ends with the time that is paid for. Check first that who signed may do so."),
            act=lambda actor, given: _register(actor, object_id, given),
            form_class=LetterForm,
        )

    @action(description=_("Give notice of the end"), url_path="end-notice", permissions=["contract"])
    def end_notice(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The operator ends the contract, or announces it (clauses B14, C7)."""
        return act_with_reason(
            self,
            request,
            title=gettext("Give this customer notice that its contract ends"),
            consequence=gettext(
                "Its owners are told at once, with your reason. All is erased within 7 days of the end."
            ),
            act=lambda actor, given: give_end_notice(
                actor=actor, customer_id=object_id, ground=Ground(given["ground"]), now=clock.now()
            ),
            form_class=EndNoticeForm,
        )

    @action(description=_("End: nothing was cured"), url_path="confirm-ending", permissions=["contract"])
    def confirm_ending(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """After 30 or 60 days."""
        return act_with_reason(
            self,
            request,
            title=gettext("End this contract for what was not cured"),
            consequence=gettext(
                "Its members and API tokens are refused at once, and its content is erased within 7 days."
            ),
            act=lambda actor, _given: confirm_ending(actor=actor, customer_id=object_id, now=clock.now()),
        )

    @action(description=_("Contract goes on"), url_path="keep-contract", permissions=["contract"])
    def keep_contract(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was to end it is cured, or taken back."""
        return act_with_reason(
            self,
            request,
            title=gettext("Let this contract go on"),
            consequence=gettext("The end that was asked for or announced is taken back."),
            act=lambda actor, _given: withdraw_ending(actor=actor, customer_id=object_id, now=clock.now()),
        )


def _register(actor: Actor, customer_id: str, given: dict[str, Any]) -> Ending:
    return register_end_letter(
        actor=actor,
        customer_id=customer_id,
        received_on=given["received_on"],
        at_once=given["at_once"],
        file_name=given["file_name"],
        file_sha256=given["file_sha256"],
        now=clock.now(),
    )


@admin.register(Ending)
class EndingAdmin(ReadOnly):
    list_display = ("customer", "state", "by", "ground", "noticed_on", "ends_at", "erase_by", "confirmed")
    list_select_related = ("customer",)
    list_filter = ("state", "by", "ground")
    search_fields = ("customer__name", "customer__slug")
    ordering = ("-asked_at",)


@admin.register(Erasure)
class ErasureAdmin(ReadOnly):
    list_display = ("customer", "due_at", "done_at")
    list_select_related = ("customer",)
    search_fields = ("customer__name", "customer__slug")
    ordering = ("due_at",)
