"""Orders of certificates, the key ceremonies that fulfil them, their minutes, and reminders of the end."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel.fields import AmountField, IdField
from trust.models.certificates import OfCustomer, SealCertificate


class CertificateOrder(models.Model):
    """A live certificate that an administrator ordered, with what it will state; charged in the same transaction.

    `amount` is what was agreed, EUR without VAT. `renews` is the certificate that was about to end, if one was.
    """

    class State(models.TextChoices):
        ORDERED = "ordered", _("ordered")
        KEY_MADE = "key_made", _("key made")
        CONFIRMED = "confirmed", _("confirmed")
        IMPORTED = "imported", _("imported")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    id = IdField(prefix="ord")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    years = models.PositiveSmallIntegerField()
    key_algorithm = models.CharField(max_length=16)
    legal_name = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    registration_number = models.CharField(max_length=32)
    seal_name = models.CharField(max_length=64)
    amount = AmountField()
    renews = models.ForeignKey(SealCertificate, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    certificate = models.OneToOneField(
        SealCertificate, on_delete=models.PROTECT, null=True, blank=True, related_name="order"
    )
    state = models.CharField(max_length=10, choices=State, default=State.ORDERED)
    ordered_at = models.DateTimeField()

    objects = OfCustomer["CertificateOrder"].as_manager()

    class Meta:
        verbose_name = _("certificate order")
        verbose_name_plural = _("certificate orders")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state__in=["ordered", "key_made", "confirmed", "imported"]),
                name="trust_one_open_order",
            ),
            models.CheckConstraint(condition=Q(years__in=[1, 2, 3]), name="trust_order_years"),
            models.CheckConstraint(
                condition=Q(state="cancelled")
                | Q(state="ordered", certificate=None)
                | ~Q(state="ordered") & Q(certificate__isnull=False),
                name="trust_order_has_its_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.legal_name})"


class CeremonyStep(models.Model):
    """What somebody did for an order, and when. Never changes: a trigger refuses it.

    That the key is confirmed by another person than the one who made it is a constraint, so that no race and no
    mistake in a door can undo it.
    """

    class Kind(models.TextChoices):
        ORDERED = "ordered", _("Ordered")
        KEY_MADE = "key_made", _("Key made in the HSM")
        CONFIRMED = "confirmed", _("Key confirmed by a second person")
        IMPORTED = "imported", _("Certificate received and checked")
        COMPLETED = "completed", _("Certificate put to use")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(CertificateOrder, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind)
    person_id = models.CharField(max_length=80)
    person_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("step of a key ceremony")
        verbose_name_plural = _("steps of key ceremonies")
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="trust_ceremony_step_once"),
            models.UniqueConstraint(
                fields=["order", "person_id"],
                condition=Q(kind__in=["key_made", "confirmed"]),
                name="trust_ceremony_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"


class CeremonyMinutes(models.Model):
    """The sealed minutes of a key ceremony (PDF). They never change: a trigger refuses it."""

    order = models.OneToOneField(CertificateOrder, on_delete=models.PROTECT, primary_key=True, related_name="minutes")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(help_text=_("The time of its timestamp."))

    class Meta:
        verbose_name = _("minutes of a key ceremony")
        verbose_name_plural = _("minutes of key ceremonies")

    def __str__(self) -> str:
        return str(self.order_id)


class CertificateReminder(models.Model):
    """That the customer was told so many days before the end of a certificate; once for each."""

    certificate = models.ForeignKey(SealCertificate, on_delete=models.PROTECT, related_name="reminders")
    days = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["certificate", "days"], name="trust_reminded_once")]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.days}"
