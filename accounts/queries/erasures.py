"""Which customers' content is to be destroyed, what of a customer goes then, and what of it is still there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Model, QuerySet

from accounts.models import (
    ApiToken,
    Application,
    Customer,
    CustomerDomain,
    EmailDomain,
    Erasure,
    Identity,
    IdentityProvider,
    Invitation,
    MailServer,
    Membership,
    Notice,
    NoticeDelivery,
    Person,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
)
from accounts.rules.notices import NAMES_IN_FACTS
from accounts.rules.permissions import Role
from kernel.clock import legal_date


@dataclass(frozen=True, slots=True)
class ErasureToCome:
    """A customer whose contract ended on the legal day `ended_on`, and whose content is not destroyed yet (D3)."""

    id: str
    customer_id: str
    ended_on: date


def erasures_to_come() -> Iterator[ErasureToCome]:
    """All of them, due or not."""
    for row in Erasure.objects.filter(done_at=None).select_related("ending").order_by("id").iterator():
        yield _to_come(row)


def erasure_to_come(customer_id: str) -> ErasureToCome | None:
    """The customer's; None while its contract runs, and once it is erased."""
    row = Erasure.objects.filter(customer_id=customer_id, done_at=None).select_related("ending").first()
    return _to_come(row) if row else None


def _to_come(row: Erasure) -> ErasureToCome:
    return ErasureToCome(row.id, row.customer_id, legal_date(row.ending.ends_at))


def customers_with_content() -> int:
    """How many customers there are whose content is not destroyed."""
    count: int = Customer.objects.exclude(status=Customer.Status.CLOSED).count()
    return count


def all_customer_ids() -> Iterator[str]:
    """Of all customers that there ever were and still have a row, closed ones too."""
    yield from Customer.objects.order_by("id").values_list("id", flat=True).iterator()


def schema_of(customer_id: str) -> str | None:
    """The name of the customer's schema, whether it is still there or not; None for no customer."""
    name: str | None = Customer.objects.filter(id=customer_id).values_list("schema_name", flat=True).first()
    return name


def rows_of_customer(customer_id: str) -> Iterator[tuple[str, QuerySet[Model]]]:
    """What accounts keep for the customer while it has an account, by name, in the order in which it can go."""
    webhooks = Webhook.objects.filter(customer_id=customer_id)
    deliveries = WebhookDelivery.objects.filter(webhook__in=webhooks)
    yield "webhook_attempts", WebhookAttempt.objects.filter(delivery__in=deliveries)
    yield "webhook_deliveries", deliveries
    yield "webhooks", webhooks
    yield "mail_servers", MailServer.objects.filter(customer_id=customer_id)
    yield "email_domains", EmailDomain.objects.filter(customer_id=customer_id)
    yield "identities", Identity.objects.filter(provider__customer_id=customer_id)
    yield "identity_providers", IdentityProvider.objects.filter(customer_id=customer_id)
    yield "host_names", CustomerDomain.objects.filter(tenant_id=customer_id)
    yield "invitations", Invitation.objects.filter(customer_id=customer_id)
    yield "api_tokens", ApiToken.objects.filter(customer_id=customer_id)
    yield "memberships", Membership.objects.filter(customer_id=customer_id)


def rows_left(customer_id: str) -> Mapping[str, int]:
    """How many of each are there, and how many mails to its members wait, how many notices name any."""
    left = {name: rows.count() for name, rows in rows_of_customer(customer_id)}
    waiting, named = mails_waiting(customer_id).count(), notices_with_names(customer_id).count()
    return left | {"mails_waiting": waiting, "names_in_notices": named}


def mails_waiting(customer_id: str) -> QuerySet[NoticeDelivery]:
    """Mails of notices of the customer's that have not left."""
    return NoticeDelivery.objects.filter(notice__customer_id=customer_id, state=NoticeDelivery.State.QUEUED)


def notices_with_names(customer_id: str) -> QuerySet[Notice]:
    """Notices of the customer's that name people or settings still."""
    return Notice.objects.filter(customer_id=customer_id, facts__has_any_keys=sorted(NAMES_IN_FACTS))


def people_of_no_other(customer_id: str) -> list[int]:
    """The ids of all people who belong or belonged to the customer, belong to no other, have not applied for another,
    and are not of the staff.
    """
    others = Membership.objects.exclude(customer_id=customer_id).exclude(status=Membership.Status.ENDED)
    others = others.exclude(customer__status=Customer.Status.CLOSED)
    applied = Application.objects.filter(customer=None)
    found = Person.objects.filter(memberships__customer_id=customer_id, is_staff=False)
    found = found.exclude(id__in=others.values("person_id")).exclude(id__in=applied.values("person_id"))
    return list(found.order_by("id").values_list("id", flat=True).distinct())


def all_people_ids() -> Iterator[int]:
    """Of everybody who has an account."""
    return Person.objects.order_by("id").values_list("id", flat=True).iterator()


def addresses_of_owners(customer_id: str) -> list[tuple[str, str]]:
    """E-mail address and language of those who are, or at the end were, its owners."""
    owners = Membership.objects.filter(customer_id=customer_id, role=Role.OWNER, status=Membership.Status.ACTIVE)
    return list(owners.order_by("id").values_list("person__email", "person__language"))
