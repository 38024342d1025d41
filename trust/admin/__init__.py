"""Trust for staff: everything to read, nothing to change by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from kernel import clock
from kernel.actor import Actor
from kernel.staff import ReadOnly, act_with_reason
from trust.actions.activate_certificate import activate_certificate
from trust.actions.ask_key_destruction import ask_key_destruction
from trust.actions.destroy_key import destroy_key
from trust.actions.import_certificate import import_certificate
from trust.actions.probe_timestamp_authority import probe_timestamp_authority
from trust.actions.put_back_timestamp_authority import put_back_timestamp_authority
from trust.actions.request_certificate import request_certificate
from trust.actions.rest_timestamp_authority import rest_timestamp_authority
from trust.actions.retire_certificate import retire_certificate
from trust.admin.orders import may_change, request_file
from trust.forms import CertificateImportForm, CertificateRequestForm, OwnReasonForm
from trust.models import (
    RevocationAnswer,
    SealCertificate,
    SealKey,
    TimestampAuthority,
    TimestampIssued,
)
from trust.queries.pool import timestamp_authorities
from trust.queries.revocation import certificates_unanswered_for, revocation_sources
from trust.queries.trusted_lists import trusted_lists
from trust.rules.certificates import SealSubject


@admin.register(SealKey)
class SealKeyAdmin(ReadOnly):
    list_display = ("id", "customer", "algorithm", "live", "created_at", "destruction_asked_at", "destroyed_at")
    list_select_related = ("customer",)
    list_filter = ("live", "algorithm")
    search_fields = ("id", "customer__slug", "customer__name")
    ordering = ("-id",)
    actions_detail = ["ask_destruction", "destroy_one"]

    def has_ask_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return may_change(request, "sealkey") and _keys(object_id).filter(destruction_asked_at=None).exists()

    def has_destroy_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return may_change(request, "sealkey") and _keys(object_id).exclude(destruction_asked_at=None).exists()

    @action(description=_("Ask for its destruction"), url_path="ask-destruction", permissions=["ask"])
    def ask_destruction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The first of two people."""
        return act_with_reason(
            self,
            request,
            title=gettext("Ask for the destruction of the key"),
            consequence=gettext("Nothing is destroyed yet: another member of staff does that."),
            act=lambda actor, _given: ask_key_destruction(actor=actor, key_id=object_id, now=clock.now()),
        )

    @action(description=_("Destroy the key"), url_path="destroy", permissions=["destroy"])
    def destroy_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The second."""
        return act_with_reason(
            self,
            request,
            title=gettext("Destroy the key"),
            consequence=gettext("The key is gone from the HSM for good. Seals made with it stay valid."),
            act=lambda actor, _given: destroy_key(actor=actor, key_id=object_id, now=clock.now()),
        )


def _keys(object_id: str) -> QuerySet[SealKey]:
    """The key, if it could be destroyed."""
    needed = SealCertificate.objects.filter(state__in=["requested", "active"]).values("key")
    return SealKey.objects.filter(pk=object_id, destroyed_at=None).exclude(pk__in=needed)


@admin.register(SealCertificate)
class SealCertificateAdmin(ReadOnly):
    """Live certificates come from orders; the buttons here are for test certificates that are ordered by hand."""

    list_display = ("id", "customer", "state", "live", "subject", "issuer", "not_after", "qualified")
    list_select_related = ("customer",)
    list_filter = ("state", "live", "qualified")
    search_fields = ("id", "serial", "fingerprint", "subject", "customer__slug", "customer__name")
    exclude = ("certificate", "chain")
    ordering = ("-id",)
    actions_list = ["request_one"]
    actions_detail = ["download_request", "import_one", "activate_one", "retire_one"]

    def has_request_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return may_change(request, "sealcertificate")

    def has_issue_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        found = SealCertificate.objects.filter(pk=object_id, live=False, state="requested")
        return may_change(request, "sealcertificate") and found.exists()

    def has_retire_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        found = SealCertificate.objects.filter(pk=object_id, state="active")
        return may_change(request, "sealcertificate") and found.exists()

    @action(description=_("Request a test certificate"), url_path="request", permissions=["request"])
    def request_one(self, request: HttpRequest) -> HttpResponse:
        """Make a key in the HSM and the request that goes to the certification authority."""
        return act_with_reason(
            self,
            request,
            title=gettext("Request a test certificate"),
            consequence=gettext("A key is made in the HSM. Then the request can be downloaded."),
            act=_request,
            form_class=CertificateRequestForm,
        )

    @action(description=_("Download the request"), url_path="request.csr", permissions=["issue"])
    def download_request(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The PKCS#10 request in PEM, as authorities take it."""
        return request_file(get_object_or_404(SealCertificate, pk=object_id))

    @action(description=_("Import the certificate"), url_path="import", permissions=["issue"])
    def import_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take the certificate that the authority has issued."""
        return act_with_reason(
            self,
            request,
            title=gettext("Import the certificate"),
            consequence=gettext(
                "It must match the key and lead to a trusted root. It is not used before it is activated."
            ),
            act=lambda actor, given: import_certificate(
                actor=actor, certificate_id=object_id, content=given["certificate"].encode(), now=clock.now()
            ),
            form_class=CertificateImportForm,
        )

    @action(description=_("Activate"), url_path="activate", permissions=["issue"])
    def activate_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put an imported certificate to use."""
        return act_with_reason(
            self,
            request,
            title=gettext("Activate the certificate"),
            consequence=gettext("A trial signature is made with its key. From then on the customer seals with it."),
            act=lambda actor, _given: activate_certificate(actor=actor, certificate_id=object_id, now=clock.now()),
        )

    @action(description=_("Retire"), url_path="retire", permissions=["retire"])
    def retire_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a certificate out of use."""
        return act_with_reason(
            self,
            request,
            title=gettext("Retire the certificate"),
            consequence=gettext("Nothing more is sealed with it, seals still in the queue included. Its key stays."),
            act=lambda actor, _given: retire_certificate(actor=actor, certificate_id=object_id, now=clock.now()),
        )


def _request(actor: Actor, given: dict[str, Any]) -> None:
    request_certificate(
        actor=actor,
        customer_id=given["customer"],
        live=False,
        subject=SealSubject(
            common_name=given["common_name"],
            organization=given["organization"],
            country=given["country"],
            organization_identifier=given["organization_identifier"],
        ),
        key_algorithm=given["key_algorithm"],
        now=clock.now(),
    )


@admin.register(TimestampAuthority)
class TimestampAuthorityAdmin(ReadOnly):
    """The pool, with where revocation is asked about and the trusted lists: everything outside on one page."""

    exclude = ("signer", "signer_chain")
    actions_detail = ["rest_one", "put_back_one", "probe_one"]

    def has_pool_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return bool(request.user.has_perm("trust.change_timestampauthority"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = clock.now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Timestamp authorities"),
            "authorities": timestamp_authorities(now=now),
            "may_change": self.has_pool_permission(request),
            "sources": revocation_sources(now=now),
            "unanswered": certificates_unanswered_for(),
            "lists": trusted_lists(now=now),
        }
        return render(request, "admin/timestamp_authorities.html", context)

    @action(description=_("Rest for an hour"), url_path="rest", permissions=["pool"])
    def rest_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask it nothing for an hour."""
        return act_with_reason(
            self,
            request,
            title=gettext("Rest for an hour"),
            consequence=gettext("It is asked nothing for an hour, not even a probe. The others stand in."),
            act=lambda actor, _given: rest_timestamp_authority(actor=actor, authority_id=object_id, now=clock.now()),
            form_class=OwnReasonForm,
        )

    @action(description=_("Put back"), url_path="put-back", permissions=["pool"])
    def put_back_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End its rest."""
        return act_with_reason(
            self,
            request,
            title=gettext("Put back"),
            consequence=gettext("Its rest ends, and the next seal may ask it."),
            act=lambda actor, _given: put_back_timestamp_authority(
                actor=actor, authority_id=object_id, now=clock.now()
            ),
            form_class=OwnReasonForm,
        )

    @action(description=_("Ask it now"), url_path="probe", permissions=["pool"])
    def probe_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask it for one timestamp."""
        return act_with_reason(
            self,
            request,
            title=gettext("Ask it now"),
            consequence=gettext("It is asked for one timestamp, which counts and costs like any other."),
            act=lambda actor, _given: probe_timestamp_authority(actor=actor, authority_id=object_id, now=clock.now()),
            form_class=OwnReasonForm,
        )


@admin.register(TimestampIssued)
class TimestampIssuedAdmin(ReadOnly):
    list_display = ("authority", "serial", "generated_at")
    list_select_related = ("authority",)
    search_fields = ("=serial",)
    ordering = ("-id",)


@admin.register(RevocationAnswer)
class RevocationAnswerAdmin(ReadOnly):
    list_display = ("kind", "url", "this_update", "next_update", "fetched_at")
    list_filter = ("kind",)
    exclude = ("content",)
    ordering = ("-fetched_at",)
