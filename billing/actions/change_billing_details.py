"""Changes where a customer's invoices go, and what it wants to read on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import BillingDetails
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput

MOST_EMAILS = 5
_FIELDS = ("emails", "buyer_reference", "order_number", "language", "attached_format")


def change_billing_details(
    *,
    actor: Actor,
    emails: Sequence[str],
    buyer_reference: str,
    order_number: str,
    language: str,
    attached_format: str,
    now: datetime,
) -> None:
    """It holds for documents finalised and delivered from now on. Without addresses, members are told by their notices.

    An empty `language` is that of the first owner. Raises `Forbidden` without `billing.manage`, `InvalidInput`.
    """
    actor.require("billing.manage")
    after = {
        "emails": _addresses(emails),
        "buyer_reference": buyer_reference.strip(),
        "order_number": order_number.strip(),
        "language": language,
        "attached_format": attached_format,
    }
    if (language and language not in dict(settings.LANGUAGES)) or attached_format not in _formats():
        raise InvalidInput
    customer_id = str(actor.customer)
    with transaction.atomic():
        row, _created = BillingDetails.objects.select_for_update(no_key=True).get_or_create(
            customer_id=customer_id, defaults={"changed_at": now}
        )
        changed = [name for name in _FIELDS if getattr(row, name) != after[name]]
        facts = {
            "from": {name: getattr(row, name) for name in changed},
            "to": {name: after[name] for name in changed},
        }
        BillingDetails.objects.filter(pk=customer_id).update(**after, changed_at=now)
        audit.record(actor=actor, action="billing_details.changed", now=now, subject=customer_id, details=facts)
        outbox.emit(
            "billing_details.changed",
            now=now,
            customer_id=customer_id,
            subject=customer_id,
            payload={"fields": changed},
        )


def _formats() -> list[str]:
    return [str(value) for value in BillingDetails.AttachedFormat.values]


def _addresses(emails: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(email.strip() for email in emails if email.strip()))
    if len(found) > MOST_EMAILS:
        detail = _("At most %(count)s addresses.") % {"count": MOST_EMAILS}
        raise InvalidInput(errors=[FieldError("/emails", "too_many_addresses", detail)])
    for email in found:
        try:
            validate_email(email)
        except ValidationError as error:
            detail = _("%(email)s is not an e-mail address.") % {"email": email}
            raise InvalidInput(errors=[FieldError("/emails", "invalid", detail)]) from error
    return found
