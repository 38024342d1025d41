"""Keys in the HSM and the certificates for them."""

from __future__ import annotations

from typing import Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.actor import Actor
from kernel.fields import IdField

Row = TypeVar("Row", bound=models.Model)


class OfCustomer(models.QuerySet[Row]):
    """Rows that belong to a customer."""

    def visible_to(self, actor: Actor) -> Self:
        """The customer's own; for staff and the system without a customer, all."""
        if actor.customer_id is None and actor.kind in {"staff", "system"}:
            return self
        return self.filter(customer_id=actor.customer)


class SealKey(models.Model):
    """A key pair in the HSM; its label there is this row's id."""

    id = IdField(prefix="key")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    algorithm = models.CharField(max_length=16)
    live = models.BooleanField()
    created_at = models.DateTimeField()
    destruction_asked_at = models.DateTimeField(null=True, blank=True)
    destruction_asked_by = models.CharField(max_length=80, blank=True, help_text=_("Of staff, the first of two."))
    destroyed_at = models.DateTimeField(null=True, blank=True)
    destroyed_by = models.CharField(max_length=80, blank=True)

    objects = OfCustomer["SealKey"].as_manager()

    class Meta:
        verbose_name = _("seal key")
        verbose_name_plural = _("seal keys")
        constraints = [
            models.CheckConstraint(
                condition=Q(destroyed_by="") | ~Q(destroyed_by=F("destruction_asked_by")),
                name="trust_key_destroyed_by_two_people",
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.algorithm})"

    @property
    def label(self) -> str:
        return str(self.id)


class SealCertificate(models.Model):
    """A certificate from its request to its end. The certificate itself is empty until it is imported."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")
        REVOKED = "revoked", _("revoked")
        ABANDONED = "abandoned", _("abandoned")

    id = IdField(prefix="cert")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(SealKey, on_delete=models.PROTECT, related_name="certificates")
    live = models.BooleanField()
    state = models.CharField(max_length=12, choices=State, default=State.REQUESTED)
    requested_subject = models.TextField(help_text=_("The name it was requested for."))
    subject = models.TextField(blank=True, help_text=_("RFC 4514."))
    request = models.TextField(blank=True, help_text=_("PKCS#10, PEM."))
    certificate = models.BinaryField(null=True, help_text=_("DER."))
    chain = ArrayField(models.BinaryField(), default=list, help_text=_("DER, the issuer first, without the root."))
    issuer = models.TextField(blank=True)
    serial = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the certificate."))
    not_before = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    for_electronic_seal = models.BooleanField(default=False, help_text=_("QcType is electronic seal."))
    qualified = models.BooleanField(default=False, help_text=_("QcCompliance is stated."))
    on_secure_device = models.BooleanField(default=False, help_text=_("QcSSCD is stated."))
    requested_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When it was retired, found revoked or abandoned.")
    )

    objects = OfCustomer["SealCertificate"].as_manager()

    class Meta:
        verbose_name = _("seal certificate")
        verbose_name_plural = _("seal certificates")
        ordering = ("-requested_at",)
        indexes = [models.Index(fields=["customer", "live", "state"], name="trust_certificate_choice")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "live"], condition=Q(state="requested"), name="trust_one_open_request"
            ),
            models.UniqueConstraint(
                fields=["fingerprint"], condition=~Q(fingerprint=""), name="trust_certificate_imported_once"
            ),
            models.CheckConstraint(
                condition=Q(certificate__isnull=True, fingerprint="")
                | Q(certificate__isnull=False, not_before__lt=F("not_after")) & ~Q(fingerprint=""),
                name="trust_certificate_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "abandoned"], activated_at__isnull=True)
                | Q(state__in=["active", "retired", "revoked"], certificate__isnull=False),
                name="trust_certificate_imported_before_use",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(activated_at__isnull=False), name="trust_active_since"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "active"], ended_at__isnull=True)
                | Q(state__in=["retired", "revoked", "abandoned"], ended_at__isnull=False),
                name="trust_certificate_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.subject or self.requested_subject})"

    @property
    def der(self) -> bytes:
        """The certificate's bytes; a programming error before it is imported."""
        if self.certificate is None:
            raise RuntimeError(f"{self.id} is not imported yet")
        return bytes(self.certificate)

    @property
    def issuers(self) -> tuple[bytes, ...]:
        """The chain's bytes, the issuer first."""
        return tuple(bytes(one) for one in self.chain)
