"""What trust keeps about one person: certificates of customers who are people, and who did what (GDPR 15, 20)."""

from __future__ import annotations

from django.db.models import Q

from accounts.queries.whose import Whose
from kernel.personal_rows import PersonalRows, personal_rows
from trust.models import CeremonyMinutes, CeremonyStep, CertificateOrder, SealCertificate, SealKey


def trust_rows(whose: Whose) -> list[PersonalRows]:
    """Every table of trust that tells of people, with the rows about this one."""
    steps = CeremonyStep.objects.filter(person_id__in=whose.actor_ids)
    destroyed = Q(destruction_asked_by__in=whose.actor_ids) | Q(destroyed_by__in=whose.actor_ids)
    own = Q(customer_id__in=whose.own_customers)
    return [
        personal_rows(
            SealCertificate.objects.filter(own),
            "id customer_id live state subject requested_subject issuer serial not_before not_after requested_at "
            "ended_at",
            file="request certificate",
        ),
        personal_rows(
            CertificateOrder.objects.filter(own),
            "id customer_id legal_name registration_number seal_name country years state ordered_at",
        ),
        personal_rows(steps, "id order_id kind at person_id person_name", another="facts"),
        personal_rows(
            CeremonyMinutes.objects.filter(order_id__in=steps.values("order_id")),
            "order_id sha256 sealed_at",
            file="content",
        ),
        personal_rows(
            SealKey.objects.filter(destroyed),
            "id destruction_asked_by destruction_asked_at destroyed_by destroyed_at",
            marks=whose.marks,
            theirs=("destruction_asked_by", "destroyed_by"),
        ),
    ]
