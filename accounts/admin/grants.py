"""Access grants for staff: one asks, another approves, and who asked opens the support view (clause D7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from accounts.actions.decide_access import decide_access
from accounts.actions.request_access_by_order import Order, request_access_by_order
from accounts.actions.revoke_access import revoke_access
from accounts.actions.take_up_access import take_up_access
from accounts.forms.staff import OrderAccessForm, TicketForm
from accounts.models import AccessGrant, AccessRead
from accounts.queries.grants import grants_in_state
from accounts.rules.grants import GrantState
from kernel import clock
from kernel.actor import Actor
from kernel.staff import ReadOnly, act_with_reason


class AccessReadInline(TabularInline):
    """Each page that was opened."""

    model = AccessRead
    fields = ("at", "page", "seal_id")
    ordering = ("id",)
    extra = 0
    hide_title = True
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessGrant)
class AccessGrantAdmin(ReadOnly):
    """What customers offered and authorities ordered, who asked, who approved, and each page that was opened."""

    list_display = ("id", "customer", "state", "basis", "requested_by_name", "decided_by_name", "ends_at", "uses")
    list_select_related = ("customer",)
    list_filter = ("state", "basis")
    search_fields = ("=id", "customer__slug", "customer__name", "=ticket", "=order_reference")
    ordering = ("-id",)
    exclude = ("requested_by", "decided_by", "offered_by")
    inlines = (AccessReadInline,)
    actions_list = ["order_one"]
    actions_detail = ["look", "take_up", "approve", "refuse", "revoke"]

    def has_request_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.request_accessgrant"))

    def has_take_up_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return self.has_request_permission(request) and grants_in_state(object_id, GrantState.OFFERED).exists()

    def has_decide_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        may = request.user.has_perm("accounts.approve_accessgrant")
        waiting = grants_in_state(object_id, GrantState.REQUESTED).exclude(requested_by=request.user.pk)
        return bool(may and waiting.exists())

    def has_look_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        own = grants_in_state(object_id, GrantState.GRANTED).filter(requested_by=request.user.pk)
        return self.has_request_permission(request) and own.filter(ends_at__gt=clock.now()).exists()

    def has_revoke_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        living = grants_in_state(object_id, GrantState.OFFERED, GrantState.REQUESTED, GrantState.GRANTED)
        may = ("accounts.request_accessgrant", "accounts.approve_accessgrant")
        return any(request.user.has_perm(each) for each in may) and living.exists()

    @action(description=_("Ask by an authority's order"), url_path="by-order", permissions=["request"])
    def order_one(self, request: HttpRequest) -> HttpResponse:
        """Without the customer's wish: a court or an authority wants it."""
        return act_with_reason(
            self,
            request,
            title=gettext("Ask for access by an order"),
            consequence=gettext(
                "A second person must approve it. The customer is told, at once or as soon as the order allows it."
            ),
            act=_request_by_order,
            form_class=OrderAccessForm,
        )

    @action(
        description=_("Open the support view"), url_path="look", variant=ActionVariant.PRIMARY, permissions=["look"]
    )
    def look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the grant opens."""
        return redirect("support_documents", grant_id=object_id)

    @action(description=_("Take it up"), url_path="take-up", variant=ActionVariant.PRIMARY, permissions=["take_up"])
    def take_up(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The first person."""
        return act_with_reason(
            self,
            request,
            title=gettext("Take up the customer's offer"),
            consequence=gettext("The customer is told that you want to look. A colleague must approve it."),
            act=lambda actor, given: take_up_access(
                actor=actor, grant_id=object_id, ticket=given["ticket"], now=clock.now()
            ),
            form_class=TicketForm,
        )

    @action(description=_("Approve"), url_path="approve", variant=ActionVariant.PRIMARY, permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second."""
        return act_with_reason(
            self,
            request,
            title=gettext("Approve the access"),
            consequence=gettext("Your colleague may look from now on, and no longer than stands in the grant."),
            act=lambda actor, _given: decide_access(actor=actor, grant_id=object_id, approved=True, now=clock.now()),
        )

    @action(description=_("Refuse"), url_path="refuse", permissions=["decide"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second, too."""
        return act_with_reason(
            self,
            request,
            title=gettext("Refuse the access"),
            consequence=gettext("Nobody looks at anything. The customer is told."),
            act=lambda actor, _given: decide_access(actor=actor, grant_id=object_id, approved=False, now=clock.now()),
        )

    @action(description=_("End it now"), url_path="revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Before its time."""
        return act_with_reason(
            self,
            request,
            title=gettext("End the access now"),
            consequence=gettext("The next page is refused already."),
            act=lambda actor, _given: revoke_access(actor=actor, grant_id=object_id, now=clock.now()),
        )


def _request_by_order(actor: Actor, given: dict[str, Any]) -> None:
    day = given["silent_until_on"]
    request_access_by_order(
        actor=actor,
        customer_id=given["customer"],
        order=Order(given["authority"], given["order_reference"], clock.legal_midnight(day) if day else None),
        ticket=given["ticket"],
        seal_ids=given["documents"],
        with_content=given["with_content"],
        with_trail=given["with_trail"],
        hours=given["hours"],
        now=clock.now(),
    )
