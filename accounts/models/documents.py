"""What becomes of a legal document that was announced: its sealed file, and who was told of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.fields import IdField


class LegalFile(models.Model):
    """A text as a PDF that the operator sealed (clause D10). Made once and never changed: a trigger refuses it.

    `sha256` (hex) is of `content`.
    """

    document = models.OneToOneField(
        "accounts.LegalDocument", on_delete=models.PROTECT, primary_key=True, related_name="file"
    )
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sealed legal document")
        verbose_name_plural = _("sealed legal documents")

    def __str__(self) -> str:
        return self.document_id


class LegalNotice(models.Model):
    """That a customer was told of a version before it took effect (clause D10). Never changes: a trigger refuses it.

    Who is told and goes on is bound by the version from its day, and has accepted nothing: an `Acceptance` is another
    row. `document` is the leading text of the version; the notice itself may be dropped before this row.
    """

    id = IdField(prefix="lgn")
    document = models.ForeignKey("accounts.LegalDocument", on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    notice_number = models.CharField(max_length=16)
    told_at = models.DateTimeField()

    class Meta:
        verbose_name = _("announcement to a customer")
        verbose_name_plural = _("announcements to customers")
        constraints = [models.UniqueConstraint(fields=["document", "customer"], name="legal_notice_once")]

    def __str__(self) -> str:
        return f"{self.document_id} {self.customer_id}"
