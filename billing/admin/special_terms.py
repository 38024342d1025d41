"""Special terms for staff, with the signed document (B17); and the levels of users and storage (B7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from billing.actions.end_special_terms import end_special_terms
from billing.actions.record_special_terms import record_special_terms
from billing.forms.staff_catalogue import EndForm, SpecialTermsForm, overrides_given
from billing.models import MeterLevel, SpecialTerms
from billing.queries.special_terms import signed_document
from billing.rules.agreements import LARGEST_DOCUMENT
from kernel import clock
from kernel.actor import Actor
from kernel.staff import ReadOnly, act_with_reason


@admin.register(SpecialTerms)
class SpecialTermsAdmin(ReadOnly):
    list_display = ("id", "customer", "starts_on", "ends_on", "monthly_fee", "included", "overage_unit_price")
    list_select_related = ("customer",)
    search_fields = ("=id", "customer__slug", "customer__name")
    ordering = ("-id",)
    exclude = ("document",)
    actions_list = ["sign"]
    actions_detail = ["download", "end"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SpecialTerms]:
        found: QuerySet[SpecialTerms] = super().get_queryset(request).defer("document")
        return found

    def has_sign_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.add_specialterms"))

    def has_end_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_sign_permission(request) and SpecialTerms.objects.filter(pk=object_id, ends_on=None).exists()

    def has_download_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.view_specialterms"))

    @action(description=_("Record special terms"), url_path="sign", permissions=["sign"])
    def sign(self, request: HttpRequest) -> HttpResponse:
        """What both sides signed."""
        return act_with_reason(
            self,
            request,
            title=gettext("Record special terms"),
            consequence=gettext(
                "What you fill in holds instead of the plan’s prices, from the first of a month that is not open yet."
                " Terms without an end end when these begin. The customer is told and can download the document."
            ),
            act=_record,
            form_class=SpecialTermsForm,
        )

    @action(description=_("End"), url_path="end", permissions=["end"])
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The plan's prices hold again."""
        return act_with_reason(
            self,
            request,
            title=gettext("End the special terms"),
            consequence=gettext("From that day the plan’s prices hold again. The customer is told. This is final."),
            act=lambda actor, given: end_special_terms(
                actor=actor, special_terms_id=object_id, ends_on=given["ends_on"], now=clock.now()
            ),
            form_class=EndForm,
        )

    @action(description=_("Signed document"), url_path="document", permissions=["download"])
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """As it was uploaded."""
        person = request.user
        actor = Actor.staff(person_id=str(person.pk), name=str(person), reason="")
        name, content = signed_document(actor, object_id)
        answer = HttpResponse(content, content_type="application/pdf")
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        return answer


def _record(actor: Actor, given: dict[str, Any]) -> None:
    file = given["document"]
    record_special_terms(
        actor=actor,
        customer_id=given["customer"],
        overrides=overrides_given(given),
        starts_on=given["starts_on"],
        ends_on=given["ends_on"],
        signed_on=given["signed_on"],
        document=file.read(LARGEST_DOCUMENT + 1),
        document_name=file.name,
        now=clock.now(),
    )


@admin.register(MeterLevel)
class MeterLevelAdmin(ReadOnly):
    list_display = ("customer", "on", "meter", "quantity", "recorded_at")
    list_select_related = ("customer",)
    list_filter = ("meter",)
    search_fields = ("customer__slug", "customer__name")
    ordering = ("-on", "customer_id", "meter")
