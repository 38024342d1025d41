"""The queue of certificate orders for staff: each with its next step as a button, and who did the steps before."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from kernel import clock
from kernel.staff import ReadOnly, act_with_reason
from trust.actions.begin_ceremony import begin_ceremony
from trust.actions.cancel_order import cancel_order
from trust.actions.complete_order import complete_order
from trust.actions.confirm_key import confirm_key
from trust.actions.import_ordered_certificate import import_ordered_certificate
from trust.actions.want_minutes import want_minutes
from trust.forms import CertificateImportForm, KeyConfirmationForm
from trust.gateways.ca import issues_at_once
from trust.models import CeremonyMinutes, CeremonyStep, CertificateOrder, SealCertificate
from trust.rules.orders import Step, next_step


def may_change(request: HttpRequest, model: str) -> bool:
    """Whether this member of staff may act on rows of a model of trust."""
    return bool(request.user.has_perm(f"trust.change_{model}"))


class CeremonyStepInline(TabularInline):
    """Who did what for an order."""

    model = CeremonyStep
    fields = ("kind", "person_name", "at", "facts")
    ordering = ("at", "id")
    extra = 0
    hide_title = True
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CertificateOrder)
class CertificateOrderAdmin(ReadOnly):
    """The queue of orders. Each shows its next step as the button; the steps before stand below, by whom and when."""

    list_display = ("id", "customer", "waits_for", "years", "key_algorithm", "ordered_at")
    list_select_related = ("customer",)
    list_filter = ("state",)
    search_fields = ("=id", "customer__slug", "customer__name", "registration_number")
    ordering = ("-ordered_at",)
    inlines = (CeremonyStepInline,)
    actions_detail = [
        "make_key",
        "confirm_one",
        "issue_one",
        "import_one",
        "complete_one",
        "download_request",
        "download_minutes",
        "want_one",
        "cancel_one",
    ]

    @admin.display(description=_("Waits for"))
    def waits_for(self, order: CertificateOrder) -> str:
        """The next step in words; the state when there is none."""
        step = next_step(order.state)
        return str(_WAITS_FOR[step] if step else order.get_state_display())

    def _stands(self, request: HttpRequest, object_id: str, *states: str) -> bool:
        found = CertificateOrder.objects.filter(pk=object_id, state__in=states)
        return may_change(request, "certificateorder") and found.exists()

    def has_make_key_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._stands(request, object_id, "ordered")

    def has_confirm_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._stands(request, object_id, "key_made")

    def has_import_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._stands(request, object_id, "confirmed")

    def has_issue_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return issues_at_once(live=True) and self._stands(request, object_id, "confirmed")

    def has_complete_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._stands(request, object_id, "imported")

    def has_cancel_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self._stands(request, object_id, "ordered", "key_made", "confirmed", "imported")

    def has_minutes_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return may_change(request, "certificateorder") and CeremonyMinutes.objects.filter(pk=object_id).exists()

    def has_want_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        without = not CeremonyMinutes.objects.filter(pk=object_id).exists()
        return without and self._stands(request, object_id, "completed")

    @action(description=_("Make the key"), url_path="make-key", variant=ActionVariant.PRIMARY, permissions=["make_key"])
    def make_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The first person."""
        return act_with_reason(
            self,
            request,
            title=gettext("Make the key"),
            consequence=gettext(
                "A key is made in the HSM. Then read its fingerprint, below the order, to a colleague who confirms it."
            ),
            act=lambda actor, _given: begin_ceremony(actor=actor, order_id=object_id, now=clock.now()),
        )

    @action(
        description=_("Confirm the key"), url_path="confirm", variant=ActionVariant.PRIMARY, permissions=["confirm"]
    )
    def confirm_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second."""
        return act_with_reason(
            self,
            request,
            title=gettext("Confirm the key"),
            consequence=gettext(
                "Whoever made the key cannot confirm it. What your colleague reads out is compared with the HSM."
            ),
            act=lambda actor, given: confirm_key(
                actor=actor, order_id=object_id, fingerprint=given["fingerprint"], now=clock.now()
            ),
            form_class=KeyConfirmationForm,
        )

    @action(description=_("Download the request"), url_path="request.csr", permissions=["import"])
    def download_request(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The PKCS#10 request in PEM, once two people have vouched for its key."""
        return request_file(get_object_or_404(SealCertificate, order__id=object_id))

    @action(description=_("Have it issued"), url_path="issue", variant=ActionVariant.PRIMARY, permissions=["issue"])
    def issue_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Where the authority issues at once."""
        return act_with_reason(
            self,
            request,
            title=gettext("Have the certificate issued"),
            consequence=gettext("The authority of this installation issues it at once. It is checked like any other."),
            act=lambda actor, _given: import_ordered_certificate(actor=actor, order_id=object_id, now=clock.now()),
        )

    @action(
        description=_("Import the certificate"),
        url_path="import",
        variant=ActionVariant.PRIMARY,
        permissions=["import"],
    )
    def import_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the certificate that the authority has issued."""
        return act_with_reason(
            self,
            request,
            title=gettext("Import the certificate"),
            consequence=gettext(
                "It must match the key and lead to a trusted root. It is not used before it is activated."
            ),
            act=lambda actor, given: import_ordered_certificate(
                actor=actor, order_id=object_id, content=given["certificate"].encode(), now=clock.now()
            ),
            form_class=CertificateImportForm,
        )

    @action(
        description=_("Put it to use"), url_path="complete", variant=ActionVariant.PRIMARY, permissions=["complete"]
    )
    def complete_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The end of the ceremony."""
        return act_with_reason(
            self,
            request,
            title=gettext("Put the certificate to use"),
            consequence=gettext(
                "A trial signature is made with its key. Then the customer seals with it, and the minutes are sealed."
            ),
            act=lambda actor, _given: complete_order(actor=actor, order_id=object_id, now=clock.now()),
        )

    @action(description=_("Download the minutes"), url_path="minutes.pdf", permissions=["minutes"])
    def download_minutes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The sealed minutes."""
        found = get_object_or_404(CeremonyMinutes, pk=object_id)
        answer = HttpResponse(bytes(found.content), content_type="application/pdf")
        answer["Content-Disposition"] = content_disposition_header(True, f"minutes-{object_id}.pdf")
        return answer

    @action(description=_("Seal the minutes again"), url_path="want-minutes", permissions=["want"])
    def want_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """After what kept them from being sealed is gone."""
        return act_with_reason(
            self,
            request,
            title=gettext("Seal the minutes again"),
            consequence=gettext("They are sealed within a minute. Why they were not is under jobs and dead letters."),
            act=lambda actor, _given: want_minutes(actor=actor, order_id=object_id, now=clock.now()),
        )

    @action(description=_("Cancel the order"), url_path="cancel", permissions=["cancel"])
    def cancel_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Before the certificate is in use."""
        return act_with_reason(
            self,
            request,
            title=gettext("Cancel the order"),
            consequence=gettext("Its charge is taken back. A key that was made for it is destroyed."),
            act=lambda actor, _given: cancel_order(actor=actor, order_id=object_id, now=clock.now()),
        )


_WAITS_FOR = {
    Step.KEY_MADE: _("somebody to make the key"),
    Step.CONFIRMED: _("a second person to confirm the key"),
    Step.IMPORTED: _("the certificate of the authority"),
    Step.COMPLETED: _("being put to use"),
}


def request_file(found: SealCertificate) -> HttpResponse:
    answer = HttpResponse(found.request, content_type="application/pkcs10")
    answer["Content-Disposition"] = content_disposition_header(True, f"{found.id}.csr")
    return answer
