"""What was agreed: legal documents, their acceptance, the end of a contract and the erasure that follows."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.rules.documents import ANNOUNCED_DAYS, Audience, DocumentKind
from accounts.rules.endings import Ground, is_only_announced
from kernel.fields import IdField

_KINDS = {
    DocumentKind.SPECIAL: _("Special terms"),
    DocumentKind.DPA: _("Data processing agreement"),
    DocumentKind.PRIVACY: _("Privacy policy"),
    DocumentKind.AUP: _("Acceptable use policy"),
    DocumentKind.TERMS: _("Terms of service"),
    DocumentKind.COOKIES: _("Cookie policy"),
}
_AUDIENCES = {
    Audience.ALL: _("All customers"),
    Audience.PORTAL: _("Users of the portal"),
    Audience.API: _("Users of the API"),
}


class LegalDocument(models.Model):
    """The text of one version of a legal document in one language (clauses C5, D10). Never changes: a trigger refuses.

    A version is a `kind` and a `version`; a trigger holds its texts to one announcement. It holds for its `audience`
    in its `country` (ISO 3166, empty for all) from the legal day `effective_on` until the next, and is announced 30
    days ahead unless it is the `first` of its kind. `announced_on` is the legal day of `announced_at`; `sha256` (hex)
    is of `text`. A version that `needs_acceptance` binds nobody who has not given it.
    """

    id = IdField(prefix="legal")
    kind = models.CharField(max_length=8, choices=[(kind.value, name) for kind, name in _KINDS.items()])
    audience = models.CharField(
        max_length=12, choices=[(audience.value, name) for audience, name in _AUDIENCES.items()], default=Audience.ALL
    )
    country = models.CharField(max_length=2, blank=True, default="")
    language = models.CharField(max_length=8)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    announced_at = models.DateTimeField()
    announced_on = models.DateField()
    effective_on = models.DateField()
    first = models.BooleanField(default=False)
    needs_acceptance = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("legal document")
        verbose_name_plural = _("legal documents")
        constraints = [
            models.UniqueConstraint(fields=["kind", "version", "language"], name="legal_document_once"),
            models.CheckConstraint(
                condition=Q(first=True, effective_on__gte=F("announced_on"))
                | Q(effective_on__gte=F("announced_on") + timedelta(days=ANNOUNCED_DAYS)),
                name="legal_document_announced_ahead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.version}"


class Acceptance(models.Model):
    """That a person accepted one version of one document for a customer (clause C5). Never changes.

    `authority` is the position in which they acted for an entity; empty for who acted for themselves.
    """

    id = IdField(prefix="acc")
    document = models.ForeignKey(LegalDocument, on_delete=models.PROTECT, related_name="+")
    document_sha256 = models.CharField(max_length=64)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="acceptances")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=120)
    authority = models.CharField(max_length=120, blank=True)
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "document", "person"], name="acceptance_once"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.customer_id}"


class EndingQuerySet(models.QuerySet["Ending"]):
    def open(self) -> EndingQuerySet:
        """Neither withdrawn nor carried out; at most one for each customer."""
        return self.filter(state=Ending.State.ASKED)

    def due(self, now: datetime) -> EndingQuerySet:
        """Those that have come and need nobody's word any more."""
        return self.open().filter(ends_at__lte=now, confirmed=True)


class Ending(models.Model):
    """That a contract is to end (clauses B12, B14, C6, C7).

    `by` says from where it came. `noticed_on` is the legal day on which notice was given, or of the letter; `ends_at`
    and `erase_by` (UTC) follow from the rules. An end for what can be cured is only announced: it is `confirmed` by
    staff when the days are over. `amount` is what was expected to be due at the end, in EUR without VAT. Of a letter
    `evidence_name` and `evidence_sha256` (hex) are kept.
    """

    class By(models.TextChoices):
        CUSTOMER = "customer"
        LETTER = "letter"
        OPERATOR = "operator"

    class State(models.TextChoices):
        ASKED = "asked"
        WITHDRAWN = "withdrawn"
        DONE = "done"

    id = IdField(prefix="end")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="endings")
    by = models.CharField(max_length=10, choices=By)
    ground = models.CharField(max_length=20, choices=[(ground.value, ground.value) for ground in Ground])
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    noticed_on = models.DateField()
    ends_at = models.DateTimeField()
    erase_by = models.DateTimeField()
    confirmed = models.BooleanField()
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    evidence_name = models.CharField(max_length=200, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    ended_at = models.DateTimeField(null=True)

    objects = EndingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(state="asked"), name="ending_open_once"),
            models.CheckConstraint(condition=Q(erase_by__gte=F("ends_at")), name="ending_erased_after_end"),
            models.CheckConstraint(
                condition=Q(state="asked", ended_at=None) | Q(state__in=["withdrawn", "done"], ended_at__isnull=False),
                name="ending_state_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.ends_at:%Y-%m-%d}"

    @property
    def only_announced(self) -> bool:
        return is_only_announced(self.ground) and not self.confirmed


class Erasure(models.Model):
    """That a customer's content is to be destroyed by `due_at` (clause D3); `done_at` once it was (both UTC)."""

    id = IdField(prefix="era")
    customer = models.OneToOneField("accounts.Customer", on_delete=models.PROTECT, related_name="erasure")
    ending = models.OneToOneField(Ending, on_delete=models.PROTECT, related_name="+")
    scheduled_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.customer_id} {self.due_at:%Y-%m-%d}"
