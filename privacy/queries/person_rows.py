"""Everything that is kept about one person, table by table of the catalogue, in all apps (GDPR 15)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.queries.leavers import addresses_of_person
from accounts.queries.person_rows import account_rows
from accounts.queries.whose import Whose
from billing.queries.person_rows import billing_rows
from kernel.personal_rows import PersonalRows, personal_rows
from privacy.models import (
    ContactMessage,
    DataBreach,
    Disclosure,
    Hold,
    Restriction,
    RetentionRun,
    RightsExport,
    RightsRequest,
    RightsStep,
    SubProcessor,
)
from sealing.queries.person_rows import sealing_rows
from trust.queries.person_rows import trust_rows


def everything_about(whose: Whose) -> list[PersonalRows]:
    """One entry for each table; the rows are read while they are written, some with the HSM: in no transaction."""
    return [
        *account_rows(whose),
        *billing_rows(whose),
        *trust_rows(whose),
        *sealing_rows(whose),
        *_asked(whose),
        *_of_staff(whose),
    ]


def _asked(whose: Whose) -> list[PersonalRows]:
    requests = _requests(whose)
    steps = Q(request_id__in=requests.values("id")) | Q(by_kind="staff", by_name__in=whose.staff_names)
    return [
        personal_rows(
            ContactMessage.objects.filter(whose.addressed("email")),
            "id topic name email message language consent_text received_at answered_at",
            another="answered_by",
        ),
        personal_rows(
            requests,
            "id number kind state person_id email name country message language about_documents identity_at "
            "identity_by received_at due_on extended_at extended_due_on extension_reasons scope outcome answer "
            "refusal_ground closed_at",
            file="answer_pdf",
        ),
        personal_rows(
            RightsStep.objects.filter(steps),
            "id request_id at step by_kind by_name reason",
            marks=whose.marks,
            theirs=("by_name",),
        ),
        personal_rows(
            Restriction.objects.filter(request_id__in=requests.values("id")),
            "request_id person_id placed_at end_reasons end_announced_at ends_on lifted_at",
        ),
        personal_rows(
            RightsExport.objects.filter(request_id__in=requests.values("id")),
            "id request_id person_id kind size sha256 made_at delete_on downloads downloaded_at",
        ),
    ]


def _requests(whose: Whose) -> QuerySet[RightsRequest]:
    """Theirs, and those from their address; but not of another account, to which the address belonged before."""
    found = RightsRequest.objects.filter(Q(person_id=whose.person) | whose.addressed("email"))
    makers = set(found.exclude(person_id=None).values_list("person_id", flat=True)) - {whose.person}
    return found.exclude(person_id__in=[each for each in makers if each is not None and addresses_of_person(each)])


def _of_staff(whose: Whose) -> list[PersonalRows]:
    names, marks, person = whose.staff_names, whose.marks, whose.person
    return [
        personal_rows(
            Hold.objects.filter(Q(placed_by__in=names) | Q(released_by__in=names)),
            "id placed_at placed_by reason released_at released_by release_reason",
            marks=marks,
            theirs=("placed_by reason", "released_by release_reason"),
            another="case",
        ),
        personal_rows(
            RetentionRun.objects.filter(released_by__in=names), "id rule started_at ended_at released_by release_reason"
        ),
        personal_rows(
            SubProcessor.objects.filter(recorded_by__in=names), "id name announced_on starts_on ends_on recorded_by"
        ),
        personal_rows(
            Disclosure.objects.filter(Q(recorded_by=person) | Q(decided_by=person)),
            "id state recorded_at recorded_by recorded_by_name decided_at decided_by decided_by_name",
            marks=marks,
            theirs=("recorded_by recorded_by_name", "decided_by decided_by_name"),
            another="what reference secrecy_ground",
        ),
        personal_rows(
            DataBreach.objects.filter(Q(recorded_by__in=names) | Q(closed_by__in=names)),
            "id title recorded_at recorded_by closed_at closed_by",
            marks=marks,
            theirs=("recorded_by", "closed_by"),
        ),
    ]
