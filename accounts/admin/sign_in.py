"""Identity providers, identities and e-mail domains for staff, who say that they have seen a domain's proof."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.actions.verify_email_domain import verify_email_domain
from accounts.models import EmailDomain, Identity, IdentityProvider
from kernel import clock
from kernel.staff import ReadOnly, act_with_reason


@admin.register(EmailDomain)
class EmailDomainAdmin(ReadOnly):
    list_display = ("name", "customer", "created_at", "verified_at")
    list_select_related = ("customer",)
    list_filter = (("verified_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "customer__name", "customer__slug")
    ordering = ("-created_at",)
    actions_detail = ["verify"]

    def has_verify_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("accounts.change_emaildomain"))

    @action(description=_("Proven"), url_path="verify", permissions=["verify"])
    def verify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that the domain is the customer's."""
        return act_with_reason(
            self,
            request,
            title=gettext("This domain is proven to be the customer’s"),
            consequence=gettext(
                "Look for the TXT record sealport-domain= with the id of this row. From then on the customer’s"
                " identity provider speaks for people with addresses in the domain."
            ),
            act=lambda actor, _given: verify_email_domain(actor=actor, domain_id=object_id, now=clock.now()),
        )


@admin.register(IdentityProvider)
class IdentityProviderAdmin(ReadOnly):
    list_display = ("name", "customer", "kind", "enabled", "issuer")
    list_select_related = ("customer",)
    list_filter = ("kind", "enabled")
    search_fields = ("name", "issuer", "customer__name", "customer__slug")
    ordering = ("customer__name",)
    exclude = ("secret",)


@admin.register(Identity)
class IdentityAdmin(ReadOnly):
    list_display = ("subject", "provider", "membership", "created_at", "last_used_at")
    list_select_related = ("provider", "membership__person")
    search_fields = ("=subject", "membership__person__email", "provider__name")
    ordering = ("-created_at",)
