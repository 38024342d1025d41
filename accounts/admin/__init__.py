"""Accounts for staff: everything to read but secrets; what changes is done by actions, with a reason."""

from __future__ import annotations

from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.actions.choose_audit_period import choose_audit_period
from accounts.actions.restore_customer import restore_customer
from accounts.actions.suspend_customer import suspend_customer
from accounts.admin.contract import ContractButtons
from accounts.forms.audit import AuditPeriodReasonForm
from accounts.forms.staff import SuspensionForm
from accounts.models import ApiToken, Application, Customer, Invitation, Membership, Person
from accounts.rules.suspensions import Ground
from kernel import clock
from kernel.audit_periods import Retention
from kernel.staff import ReadOnly, act_with_reason

# Their own admins would let staff confirm an address or drop a second factor without a trace.
for _library in ("allauth.account", "allauth.mfa", "allauth.usersessions", "django.contrib.auth"):
    import_module(f"{_library}.admin")
admin.site.unregister([EmailAddress, Authenticator, UserSession, Group])


@admin.register(Customer)
class CustomerAdmin(ContractButtons):
    list_display = ("name", "slug", "kind", "country", "status", "created_at")
    list_filter = ("status", "kind", "country")
    search_fields = ("=id", "name", "slug")
    ordering = ("name",)
    fields = (
        *("id", "name", "slug", "kind", "country", "register_number", "vat_number", "street", "postcode", "city"),
        *("status", "created_at", "schema_name", "schema_version"),
    )
    actions_detail = [
        "suspend",
        "restore",
        "keep_audit",
        {"title": _("Contract"), "items": [*ContractButtons.contract_actions]},
    ]

    def has_suspend_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.change_customer"))

    @action(description=_("Suspend"), url_path="suspend", permissions=["suspend"])
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close the portal and the API to the customer."""
        return act_with_reason(
            self,
            request,
            title=gettext("Suspend this customer"),
            consequence=gettext(
                "Its members and API tokens are refused at once, and its administrators read ground and reason. "
                "Nothing is erased."
            ),
            act=lambda actor, given: suspend_customer(
                actor=actor,
                customer_id=object_id,
                ground=Ground(given["ground"] or Ground.OTHER),
                review_at=clock.legal_midnight(given["review_on"]) if given["review_on"] else None,
                now=clock.now(),
            ),
            form_class=SuspensionForm,
        )

    @action(description=_("Audit period"), url_path="keep-audit", permissions=["suspend"])
    def keep_audit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say how long new entries of its audit trail are kept."""
        return act_with_reason(
            self,
            request,
            title=gettext("How long this customer's audit trail is kept"),
            consequence=gettext(
                "New entries are kept for that period, and those that are there for theirs. A customer whose trail is "
                "kept for 18 months or longer may choose up to ten years itself."
            ),
            act=lambda actor, given: choose_audit_period(
                actor=actor, customer_id=object_id, period=Retention(given["period"]), now=clock.now()
            ),
            form_class=AuditPeriodReasonForm,
        )

    @action(description=_("Restore"), url_path="restore", permissions=["suspend"])
    def restore(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open them again."""
        return act_with_reason(
            self,
            request,
            title=gettext("Restore this customer"),
            consequence=gettext("Its members and API tokens can work again at once."),
            act=lambda actor, _given: restore_customer(actor=actor, customer_id=object_id, now=clock.now()),
        )


@admin.register(Person)
class PersonAdmin(ReadOnly):
    list_display = ("email", "name", "language", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = ("email", "name", "language", "is_active", "is_staff", "joined_at", "last_login")


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnly):
    list_display = ("email", "user", "verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email",)
    ordering = ("email",)


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ("person", "customer", "role", "status", "created_at", "ended_at")
    list_select_related = ("person", "customer")
    list_filter = ("role", "status")
    search_fields = ("=id", "person__email", "person__name", "customer__name", "customer__slug")
    ordering = ("customer__name", "person__email")


@admin.register(Application)
class ApplicationAdmin(ReadOnly):
    list_display = ("name", "person", "kind", "country", "plan_code", "terms_accepted_at", "customer")
    list_select_related = ("person", "customer")
    search_fields = ("name", "person__email")
    ordering = ("-terms_accepted_at",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    list_display = ("email", "customer", "role", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_select_related = ("customer",)
    search_fields = ("email", "customer__name", "customer__slug")
    ordering = ("-created_at",)
    exclude = ("secret_hash",)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    list_display = ("name", "prefix", "customer", "created_by", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("customer", "created_by__person")
    list_filter = ("live",)
    search_fields = ("=id", "=public_id", "customer__name", "customer__slug")
    ordering = ("-created_at",)
    exclude = ("secret_hash", "former_secret_hash")


import_module("accounts.admin.notices")
for _module in ("cases", "documents", "grants"):
    import_module(f"accounts.admin.{_module}")
import_module("accounts.admin.sign_in")
import_module("accounts.admin.webhooks")
