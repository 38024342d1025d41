"""The price list for staff."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.actions.create_plan import create_plan
from billing.actions.publish_item_price import publish_item_price
from billing.actions.publish_plan_version import publish_plan_version
from billing.actions.start_subscription import start_subscription
from billing.forms.staff_catalogue import PlacementForm, PlanForm, PlanVersionForm, terms_given
from billing.models import Item, ItemPrice, Plan, PlanVersion, PriceChangeNotice
from billing.queries.price_changes import Affected, affected_by
from kernel import clock
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput
from kernel.staff import ReadOnly, ReasonForm, act_with_reason


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnly):
    list_display = ("plan", "effective_on", "monthly_fee", "included", "overage_unit_price", "individual", "public")
    list_select_related = ("plan",)
    ordering = ("plan__position", "-effective_on")
    actions_list = ["publish", "create", "place"]

    @admin.display(description=_("Public"), boolean=True)
    def public(self, version: PlanVersion) -> bool:
        return version.plan.public

    def has_publish_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.add_planversion"))

    def has_place_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.add_subscription"))

    @action(description=_("New prices"), url_path="publish", permissions=["publish"])
    def publish(self, request: HttpRequest) -> HttpResponse:
        """Prices of a plan from a day on; first to whom they apply, then published."""
        return act_with_reason(
            self,
            request,
            title=gettext("Publish new prices of a plan"),
            consequence=gettext(
                "They are on the price list from that day, tomorrow at the earliest, and cannot be changed. Customers"
                " who have the plan get notice at once; dearer prices reach them with a renewal, for API services and"
                " enterprise plans three months after the notice at the earliest."
            ),
            act=_publish,
            form_class=PlanVersionForm,
        )

    @action(description=_("New plan"), url_path="create", permissions=["publish"])
    def create(self, request: HttpRequest) -> HttpResponse:
        """A plan, of which prices are published next."""
        return act_with_reason(
            self,
            request,
            title=gettext("Add a plan"),
            consequence=gettext("Nobody can have it before prices of it are published and their day has come."),
            act=lambda actor, given: create_plan(
                actor=actor,
                code=given["code"],
                name=given["name"],
                position=given["position"],
                public=given["public"],
                long_notice=given["long_notice"],
                now=clock.now(),
            ),
            form_class=PlanForm,
        )

    @action(description=_("Put a customer on a plan"), url_path="place", permissions=["place"])
    def place(self, request: HttpRequest) -> HttpResponse:
        """A plan that is not public, or by individual agreement."""
        return act_with_reason(
            self,
            request,
            title=gettext("Put a customer on a plan"),
            consequence=gettext(
                "This month is charged whole. A plan by individual agreement needs special terms that hold this month"
                " and say the fee, the seals and the price of one more."
            ),
            act=lambda actor, given: start_subscription(
                actor=actor,
                customer_id=given["customer"],
                plan_code=given["plan"].code,
                interval=given["interval"],
                now=clock.now(),
            ),
            form_class=PlacementForm,
        )


def _publish(actor: Actor, given: dict[str, Any]) -> None:
    now, plan_code, effective_on, terms = clock.now(), given["plan"].code, given["effective_on"], terms_given(given)
    if not given["seen"]:
        concerned = affected_by(plan_code=plan_code, effective_on=effective_on, terms=terms, now=now)
        said = [_in_words(each) for each in concerned] or [gettext("Nobody has this plan now.")]
        said.append(gettext("Nothing is published yet. Tick the last box and send it again to publish."))
        raise InvalidInput(errors=[FieldError("", "look_first", words) for words in said])
    publish_plan_version(
        actor=actor,
        plan_code=plan_code,
        effective_on=effective_on,
        terms=terms,
        setup_fee=given["setup_fee"] or Decimal("0.00"),
        now=now,
    )


def _in_words(change: Affected) -> str:
    words = (
        gettext("%(customer)s: dearer. Told today, it has the new prices from its renewal on %(on)s.")
        if change.dearer
        else gettext("%(customer)s: not dearer. It has the new prices from its renewal on %(on)s.")
    )
    return words % {"customer": change.customer_name, "on": date_format(change.moves_on)}


@admin.register(Plan)
class PlanAdmin(ReadOnly):
    list_display = ("code", "name", "position", "public", "long_notice")
    ordering = ("position",)


@admin.register(PriceChangeNotice)
class PriceChangeNoticeAdmin(ReadOnly):
    list_display = ("notice_number", "customer", "plan_version", "given_at")
    list_select_related = ("customer", "plan_version")
    search_fields = ("customer__slug", "customer__name")
    ordering = ("-id",)


class ItemPriceForm(ReasonForm):
    """A new price, from a day on."""

    item = forms.ChoiceField(label=_("Item"), choices=Item, widget=UnfoldAdminSelectWidget())
    amount = forms.DecimalField(
        label=_("Price without VAT, EUR"), decimal_places=2, widget=UnfoldAdminTextInputWidget()
    )
    effective_on = forms.DateField(label=_("From"), widget=UnfoldAdminDateWidget())


@admin.register(ItemPrice)
class ItemPriceAdmin(ReadOnly):
    list_display = ("item", "effective_on", "amount")
    ordering = ("item", "-effective_on")
    actions_list = ["publish"]

    def has_publish_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.add_itemprice"))

    @action(description=_("New price"), url_path="publish", permissions=["publish"])
    def publish(self, request: HttpRequest) -> HttpResponse:
        """What it costs from a day on."""
        return act_with_reason(
            self,
            request,
            title=gettext("Publish a price"),
            consequence=gettext(
                "It holds for orders from that day, tomorrow at the earliest. What was ordered before stays."
            ),
            act=lambda actor, given: publish_item_price(
                actor=actor,
                item=given["item"],
                effective_on=given["effective_on"],
                amount=given["amount"],
                now=clock.now(),
            ),
            form_class=ItemPriceForm,
        )
