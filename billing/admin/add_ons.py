"""Additional services for staff: what is offered, at which prices, and what was ordered (B8)."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from billing.actions.end_add_on import end_add_on
from billing.actions.offer_add_on import offer_add_on
from billing.actions.publish_add_on import publish_add_on
from billing.actions.publish_add_on_price import publish_add_on_price
from billing.forms.staff_catalogue import AddOnForm, AddOnPriceForm
from billing.models import AddOn, AddOnOrder, AddOnPrice
from kernel import clock
from kernel.staff import ReadOnly, act_with_reason


@admin.register(AddOn)
class AddOnAdmin(ReadOnly):
    list_display = ("code", "name", "interval", "customer", "offered", "published_at")
    list_select_related = ("customer",)
    list_filter = ("interval", "offered")
    search_fields = ("code", "name", "customer__slug", "customer__name")
    ordering = ("name",)
    actions_list = ["publish"]
    actions_detail = ["price", "withdraw", "offer"]

    def has_publish_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("billing.add_addon"))

    def has_withdraw_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_publish_permission(request) and AddOn.objects.filter(pk=object_id, offered=True).exists()

    def has_offer_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_publish_permission(request) and AddOn.objects.filter(pk=object_id, offered=False).exists()

    @action(description=_("New service"), url_path="publish", permissions=["publish"])
    def publish(self, request: HttpRequest) -> HttpResponse:
        """For everybody, or for one customer."""
        return act_with_reason(
            self,
            request,
            title=gettext("Offer an additional service"),
            consequence=gettext("It can be ordered in the portal at once. Its name and description cannot be changed."),
            act=lambda actor, given: publish_add_on(
                actor=actor,
                code=given["code"],
                name=given["name"],
                description=given["description"],
                interval=given["interval"],
                amount=given["amount"],
                customer_id=given["customer"],
                now=clock.now(),
            ),
            form_class=AddOnForm,
        )

    @action(description=_("New price"), url_path="price", permissions=["publish"])
    def price(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What it costs from a day on."""
        return act_with_reason(
            self,
            request,
            title=gettext("Publish a price"),
            consequence=gettext(
                "It holds for orders from that day, tomorrow at the earliest. Earlier orders keep theirs."
            ),
            act=lambda actor, given: publish_add_on_price(
                actor=actor,
                code=object_id,
                effective_on=given["effective_on"],
                amount=given["amount"],
                now=clock.now(),
            ),
            form_class=AddOnPriceForm,
        )

    @action(description=_("Withdraw"), url_path="withdraw", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """No longer to be ordered."""
        return act_with_reason(
            self,
            request,
            title=gettext("Withdraw the service"),
            consequence=gettext("It cannot be ordered any more. What was ordered goes on."),
            act=lambda actor, _given: offer_add_on(actor=actor, code=object_id, offered=False, now=clock.now()),
        )

    @action(description=_("Offer again"), url_path="offer", permissions=["offer"])
    def offer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To be ordered again, at the price in force."""
        return act_with_reason(
            self,
            request,
            title=gettext("Offer the service again"),
            consequence=gettext("It can be ordered at once, at the price in force."),
            act=lambda actor, _given: offer_add_on(actor=actor, code=object_id, offered=True, now=clock.now()),
        )


@admin.register(AddOnPrice)
class AddOnPriceAdmin(ReadOnly):
    list_display = ("add_on", "effective_on", "amount")
    list_select_related = ("add_on",)
    ordering = ("add_on", "-effective_on")


@admin.register(AddOnOrder)
class AddOnOrderAdmin(ReadOnly):
    list_display = ("id", "customer", "add_on", "quantity", "price", "ordered_at", "starts_on", "ends_on")
    list_select_related = ("customer", "add_on")
    list_filter = ("add_on",)
    search_fields = ("=id", "customer__slug", "customer__name")
    ordering = ("-id",)
    actions_detail = ["end"]

    def has_end_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        running = AddOnOrder.objects.filter(pk=object_id, ends_on=None, add_on__interval=AddOn.Interval.MONTH)
        return bool(request.user.has_perm("billing.change_addonorder") and running.exists())

    @action(description=_("End"), url_path="end", permissions=["end"])
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """With the present month."""
        return act_with_reason(
            self,
            request,
            title=gettext("End the service"),
            consequence=gettext("This month is charged whole, and none after it."),
            act=lambda actor, _given: end_add_on(actor=actor, order_id=object_id, now=clock.now()),
        )
