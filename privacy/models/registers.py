"""The registers: sub-processors, disclosures to authorities, data breaches, messages of the contact form, figures."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kernel.fields import IdField
from privacy.rules.breaches import BreachFacts, Risk
from privacy.rules.contact import Topic
from privacy.rules.disclosures import DisclosureState, DisclosureTerms, Outcome
from privacy.rules.sub_processors import TransferGround

TRANSFER_GROUNDS = {
    TransferGround.EEA: _("Stays in the European Economic Area"),
    TransferGround.ADEQUACY: _("The Commission has found the country’s protection adequate"),
    TransferGround.CLAUSES: _("Standard contractual clauses"),
    TransferGround.BINDING_RULES: _("Binding corporate rules"),
}
OUTCOMES = {
    Outcome.GIVEN: _("Given as asked for"),
    Outcome.GIVEN_IN_PART: _("Given in part"),
    Outcome.REFUSED: _("Refused: nothing was given"),
}
RISKS = {
    Risk.UNLIKELY: _("A risk for people is unlikely"),
    Risk.RISK: _("A risk for people"),
    Risk.HIGH: _("A high risk for people"),
}
TOPICS = {
    Topic.PRIVACY: _("Personal data"),
    Topic.SECURITY: _("Security"),
    Topic.SALES: _("Becoming a customer"),
    Topic.OTHER: _("Something else"),
}
_STATES = [(each.value, each.value) for each in DisclosureState]


class SubProcessor(models.Model):
    """Somebody who works on customers' data for us. `initial` are those that were there before any customer.

    `ends_on` is the first day without it.
    """

    id = IdField(prefix="spc")
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    purpose = models.CharField(max_length=500)
    categories = models.CharField(max_length=500)
    transfer_ground = models.CharField(max_length=16, choices=[(k.value, v) for k, v in TRANSFER_GROUNDS.items()])
    initial = models.BooleanField(default=False)
    announced_on = models.DateField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    recorded_by = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("sub-processor")
        verbose_name_plural = _("sub-processors")
        permissions = [("manage_subprocessor", "Can announce and end sub-processors")]
        constraints = [
            models.CheckConstraint(
                name="sub_processor_announced_30_days_ahead",
                condition=Q(initial=True)
                | Q(starts_on__gte=models.ExpressionWrapper(F("announced_on") + 30, output_field=models.DateField())),
            ),
            models.CheckConstraint(
                name="sub_processor_ends_after_start", condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SubProcessorNotice(models.Model):
    """That a customer was told of a sub-processor, and which first day it was told."""

    id = models.BigAutoField(primary_key=True)
    sub_processor = models.ForeignKey(SubProcessor, on_delete=models.PROTECT, related_name="notices")
    customer_id = models.CharField(max_length=40)
    told_on = models.DateField()
    starts_on_told = models.DateField()

    class Meta:
        verbose_name = _("notice of a sub-processor")
        verbose_name_plural = _("notices of sub-processors")
        constraints = [
            models.UniqueConstraint(fields=["sub_processor", "customer_id"], name="sub_processor_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.sub_processor_id} {self.customer_id}"


class Disclosure(models.Model):
    """What an authority asked us for about a customer, and what it was given.

    `silent_until` is the first day on which the law lets the customer be told, `secrecy_ground` why not before.
    `grant_id` is the access grant by which documents were looked at, where one was needed.
    """

    id = IdField(prefix="dsc")
    state = models.CharField(max_length=10, choices=_STATES)
    customer_id = models.CharField(max_length=40)
    authority = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    legal_basis = models.CharField(max_length=300)
    reference = models.CharField(max_length=120)
    outcome = models.CharField(max_length=16, choices=[(k.value, v) for k, v in OUTCOMES.items()])
    what = models.TextField()
    requested_on = models.DateField()
    disclosed_on = models.DateField(null=True)
    grant_id = models.CharField(max_length=40, blank=True)
    secrecy_ground = models.CharField(max_length=300, blank=True)
    silent_until = models.DateField(null=True)
    recorded_by = models.BigIntegerField()
    recorded_by_name = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("disclosure to an authority")
        verbose_name_plural = _("disclosures to authorities")
        permissions = [
            ("record_disclosure", "Can record a disclosure to an authority"),
            ("confirm_disclosure", "Can confirm a colleague's record of a disclosure"),
        ]
        indexes = [models.Index(fields=["customer_id", "-id"], name="disclosure_of_customer")]
        constraints = [
            models.CheckConstraint(
                name="disclosure_by_two_people", condition=Q(decided_by=None) | ~Q(decided_by=F("recorded_by"))
            ),
            models.CheckConstraint(
                name="disclosure_is_decided",
                condition=Q(state="recorded", decided_by=None) | ~Q(state="recorded") & Q(decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="disclosure_told_at",
                condition=Q(state="told", told_at__isnull=False) | ~Q(state="told") & Q(told_at=None),
            ),
            models.CheckConstraint(
                name="disclosure_silence_has_ground", condition=Q(silent_until=None) | ~Q(secrecy_ground="")
            ),
            models.CheckConstraint(
                name="disclosure_given_on",
                condition=Q(outcome="refused", disclosed_on=None)
                | ~Q(outcome="refused") & Q(disclosed_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authority} {self.reference}"

    @property
    def terms(self) -> DisclosureTerms:
        return DisclosureTerms(self.state, self.recorded_by, self.silent_until)


class DataBreach(models.Model):
    """A breach of the security of personal data, from the moment we knew of it (GDPR 33 (5))."""

    id = IdField(prefix="brc")
    title = models.CharField(max_length=200)
    nature = models.TextField()
    aware_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    of_customers = models.BooleanField()
    categories = models.TextField(blank=True)
    people = models.PositiveIntegerField(null=True)
    records = models.PositiveIntegerField(null=True)
    risk = models.CharField(max_length=8, blank=True, choices=[(k.value, v) for k, v in RISKS.items()])
    risk_reasons = models.TextField(blank=True)
    consequences = models.TextField(blank=True)
    measures = models.TextField(blank=True)
    assessed_at = models.DateTimeField(null=True)
    authority_told_at = models.DateTimeField(null=True)
    authority = models.CharField(max_length=200, blank=True)
    authority_reference = models.CharField(max_length=120, blank=True)
    delay_reasons = models.TextField(blank=True)
    people_told_at = models.DateTimeField(null=True)
    people_reason = models.TextField(blank=True)
    reminded = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    recorded_by = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("data breach")
        verbose_name_plural = _("data breaches")
        permissions = [("manage_databreach", "Can record data breaches and what is done about them")]
        constraints = [
            models.CheckConstraint(name="breach_closed_is_assessed", condition=Q(closed_at=None) | ~Q(risk="")),
            models.CheckConstraint(
                name="breach_closed_is_told",
                condition=Q(closed_at=None) | Q(risk="unlikely") | Q(authority_told_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def facts(self, *, customers_told: int) -> BreachFacts:
        """What the rules ask, with the number of customers that were told."""
        return BreachFacts(
            aware_at=self.aware_at,
            risk=self.risk,
            authority_told_at=self.authority_told_at,
            delay_reasons=self.delay_reasons,
            people_told_at=self.people_told_at,
            people_reason=self.people_reason,
            of_customers=self.of_customers,
            customers_told=customers_told,
            closed=self.closed_at is not None,
        )


class BreachNotice(models.Model):
    """That a customer is to be told of a breach in these words, and when it was."""

    id = models.BigAutoField(primary_key=True)
    breach = models.ForeignKey(DataBreach, on_delete=models.PROTECT, related_name="notices")
    customer_id = models.CharField(max_length=40)
    words = models.TextField()
    words_sha256 = models.CharField(max_length=64)
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice of a data breach")
        verbose_name_plural = _("notices of data breaches")
        constraints = [
            models.UniqueConstraint(fields=["breach", "customer_id", "words_sha256"], name="breach_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.breach_id} {self.customer_id}"


class ContactMessage(models.Model):
    """A message sent by the public form, with the very words that its sender consented to (D12)."""

    id = IdField(prefix="msg")
    topic = models.CharField(max_length=10, choices=[(k.value, v) for k, v in TOPICS.items()])
    name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    message = models.TextField()
    language = models.CharField(max_length=12)
    consent_text = models.TextField()
    consent_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("contact message")
        verbose_name_plural = _("contact messages")
        permissions = [("answer_contactmessage", "Can answer and delete contact messages")]
        indexes = [models.Index(fields=["answered_at"], name="contact_message_answered")]

    def __str__(self) -> str:
        return f"{self.get_topic_display()}, {self.received_at:%Y-%m-%d}"


class PublishedFigure(models.Model):
    """A figure as it was published, once and for good (a trigger); without a value it was decided to say nothing.

    `begins_on` is the first day of its month or year. `highest` is the end of a band.
    """

    class Kind(models.TextChoices):
        SEALS = "seals", _("Seals in a month")
        REQUESTS = "requests", _("Requests of authorities in a year")

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind)
    begins_on = models.DateField()
    value = models.BigIntegerField(null=True)
    highest = models.BigIntegerField(null=True)
    published_at = models.DateTimeField()

    class Meta:
        verbose_name = _("published figure")
        verbose_name_plural = _("published figures")
        constraints = [models.UniqueConstraint(fields=["kind", "begins_on"], name="figure_published_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.begins_on:%Y-%m}"
