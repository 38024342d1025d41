"""Requests about personal data: what somebody asked for, each step, and what was passed on to customers (D1, D9)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kernel.fields import IdField
from privacy.rules.rights import (
    KeptBecause,
    RefusalGround,
    RequestFacts,
    RequestKind,
    RequestState,
    Result,
    Shown,
)

KINDS = {
    RequestKind.ACCESS: _("A copy of my data, and what is done with them"),
    RequestKind.PORTABILITY: _("My data as files that other programs can read"),
    RequestKind.RECTIFICATION: _("Something is wrong and should be put right"),
    RequestKind.ERASURE: _("My data should be erased"),
    RequestKind.RESTRICTION: _("My data should be kept but not used for now"),
    RequestKind.OBJECTION: _("A use of my data that rests on your interest should stop"),
    RequestKind.OBJECTION_MARKETING: _("My data must not be used for advertising"),
    RequestKind.OBJECTION_DECISIONS: _("Somebody, not a program, should decide about me"),
}
STATES = {
    RequestState.RECEIVED: _("Received"),
    RequestState.IDENTITY: _("Identity shown"),
    RequestState.SCOPED: _("Scope clear"),
    RequestState.IN_PROGRESS: _("In progress"),
    RequestState.EXTENDED: _("Extended"),
    RequestState.ANSWERED: _("Answered"),
    RequestState.REFUSED: _("Refused"),
    RequestState.WITHDRAWN: _("Withdrawn"),
}
MANNERS = {
    Shown.SIGN_IN: _("A recent sign-in"),
    Shown.LINK: _("A link sent to the address"),
    Shown.NOT_NEEDED: _("Not needed"),
}
GROUNDS = {
    RefusalGround.UNFOUNDED: _("Manifestly unfounded (GDPR Art. 12 (5))"),
    RefusalGround.EXCESSIVE: _("Excessive, because it is repeated (GDPR Art. 12 (5))"),
    RefusalGround.IDENTITY: _("Nobody has shown whose request it is (GDPR Art. 11 (2), 12 (6))"),
    RefusalGround.LEGAL_OBLIGATION: _("A law obliges us to keep the data (GDPR Art. 17 (3) (b))"),
    RefusalGround.CLAIMS: _("The data are needed for legal claims (GDPR Art. 17 (3) (e))"),
}
RESULTS = {
    Result.GIVEN: _("A copy is given"),
    Result.CORRECTED: _("Put right"),
    Result.ERASED: _("Erased"),
    Result.KEPT: _("Kept for now"),
    Result.RESTRICTED: _("Kept, but not used"),
    Result.NOT_HELD: _("We hold none"),
    Result.OF_CUSTOMERS: _("Decided by our customers, who are responsible for them"),
}
KEPT_BECAUSE = {
    KeptBecause.LEGAL_OBLIGATION: _("A law obliges us (GDPR Art. 17 (3) (b))"),
    KeptBecause.CLAIMS: _("To establish or defend legal claims (GDPR Art. 17 (3) (e))"),
    KeptBecause.SECURITY: _("An overriding interest in security (GDPR Art. 17 (1) (c), 6 (1) (f))"),
}
ACCOUNT_ERASED, ACCOUNT_STAYS = "account_erased", "account_stays"
"""Steps that say what came of the account, beside those that are states."""
ENDS = ["answered", "refused", "withdrawn"]


class RightsRequest(models.Model):
    """What somebody asks about their data, with its clock. `email` is where they are written to.

    `person_id` is the account that it is about, once it was shown whose request it is; none for people without one. Of
    the secrets in links only keyed hashes are kept. `outcome` is a list of `{rule, result, until, because}`, one for
    each class of data. Its three years count from `closed_at`.
    """

    id = IdField(prefix="rgt")
    number = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=20, choices=[(key.value, words) for key, words in KINDS.items()])
    state = models.CharField(
        max_length=12,
        choices=[(key.value, words) for key, words in STATES.items()],
        default=RequestState.RECEIVED.value,
    )
    person_id = models.BigIntegerField(null=True)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)
    message = models.TextField(blank=True)
    about_documents = models.BooleanField(default=False)
    language = models.CharField(max_length=8)
    secret_hash = models.CharField(max_length=64, unique=True)
    link_hash = models.CharField(max_length=64, blank=True)
    link_number = models.PositiveSmallIntegerField(default=0)
    link_sent_at = models.DateTimeField(null=True)
    identity_at = models.DateTimeField(null=True)
    identity_by = models.CharField(
        max_length=10, blank=True, choices=[(key.value, words) for key, words in MANNERS.items()]
    )
    received_at = models.DateTimeField()
    due_on = models.DateField()
    extended_at = models.DateTimeField(null=True)
    extended_due_on = models.DateField(null=True)
    extension_reasons = models.TextField(blank=True)
    scope = models.TextField(blank=True)
    export_made_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=list)
    answer = models.TextField(blank=True)
    refusal_ground = models.CharField(
        max_length=16, blank=True, choices=[(key.value, words) for key, words in GROUNDS.items()]
    )
    answer_pdf = models.BinaryField(null=True)
    answer_sha256 = models.CharField(max_length=64, blank=True)
    reminded = models.JSONField(default=list)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        permissions = [("answer_rightsrequest", "Can act on requests about personal data")]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), "kind", condition=Q(closed_at=None), name="rights_request_open_once"
            ),
            models.CheckConstraint(
                name="rights_request_closed_at",
                condition=Q(state__in=ENDS, closed_at__isnull=False) | (~Q(state__in=ENDS) & Q(closed_at=None)),
            ),
            models.CheckConstraint(
                name="rights_request_extended",
                condition=Q(extended_at=None, extended_due_on=None)
                | Q(extended_at__isnull=False, extended_due_on__isnull=False) & ~Q(extension_reasons=""),
            ),
            models.CheckConstraint(
                name="rights_request_refused_on_a_ground",
                condition=Q(state="refused") & ~Q(refusal_ground="") | ~Q(state="refused") & Q(refusal_ground=""),
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(closed_at=None), name="rights_request_to_do"),
            models.Index(fields=["person_id"], name="rights_request_of_person"),
            models.Index(fields=["closed_at"], name="rights_request_closed"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def facts(self) -> RequestFacts:
        """What the rules decide by."""
        return RequestFacts(RequestKind(self.kind), RequestState(self.state), self.due_on, self.extended_due_on)


class RightsStep(models.Model):
    """One step of a request: when, which, by whom and why. Append-only (a trigger)."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(RightsRequest, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    step = models.CharField(max_length=16)
    by_kind = models.CharField(max_length=10)
    by_name = models.CharField(max_length=200)
    reason = models.TextField(blank=True)

    class Meta:
        verbose_name = _("step of a request")
        verbose_name_plural = _("steps of a request")

    def __str__(self) -> str:
        return f"{self.request_id} {self.step}"


class ForwardedRequest(models.Model):
    """A request that was passed on to a customer, the controller of what it has uploaded (D9), with a clock of its own.

    The requester is never told of it: which customer holds data on somebody is that customer's to tell.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be answered")
        ANSWERED = "answered", _("Answered")
        DISMISSED = "dismissed", _("Not ours to answer")

    id = IdField(prefix="fwd")
    request = models.ForeignKey(RightsRequest, on_delete=models.CASCADE, related_name="forwarded")
    customer_id = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    forwarded_at = models.DateTimeField()
    due_on = models.DateField()
    note = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("forwarded request")
        verbose_name_plural = _("forwarded requests")
        constraints = [
            models.UniqueConstraint(fields=["request", "customer_id"], name="forwarded_request_once"),
            models.CheckConstraint(
                name="forwarded_request_closed_at",
                condition=Q(state="open", closed_at=None) | ~Q(state="open") & Q(closed_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["customer_id", "due_on"], name="forwarded_of_customer")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.customer_id}"
