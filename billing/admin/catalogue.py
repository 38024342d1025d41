"""The price list for staff."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.actions.publish_item_price import publish_item_price
from billing.models import Item, ItemPrice, PlanVersion
from kernel import clock
from kernel.staff import ReadOnly, ReasonForm, act_with_reason


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnly):
    list_display = ("plan", "effective_on", "monthly_fee", "included", "overage_unit_price", "individual")
    list_select_related = ("plan",)
    ordering = ("plan__position", "-effective_on")


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
