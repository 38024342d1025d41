"""Who may be named as a reference, and in which words a customer agrees to it (clause C11)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Customer, ReferenceConsent
from kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Reference:
    """A customer that may be named: by its `name`, or shown by its `logo`, or both."""

    customer_name: str
    name: bool
    logo: bool


def consent_words() -> str:
    """What is agreed to, in the reader's language. A change needs a new `WORDS_VERSION`."""
    return _(
        "%(operator)s may name us as a customer on its website and in its offers, by what is ticked here and nothing "
        "else. Nothing is said about what we seal or how much. We can withdraw this at any time, with effect at once, "
        "and need not say why."
    ) % {"operator": settings.OPERATOR_NAME}


def reference_consents_of(actor: Actor) -> list[ReferenceConsent]:
    """What the actor's customer agreed to, the newest first; the one that holds has no `withdrawn_at`.

    Raises `Forbidden` without `customer.manage`.
    """
    actor.require("customer.manage")
    return list(ReferenceConsent.objects.filter(customer_id=actor.customer).order_by("-given_at"))


def consented_references() -> list[Reference]:
    """Customers that may be named now, by name. Nobody who withdrew, was suspended or has left."""
    consents = ReferenceConsent.objects.filter(withdrawn_at=None, customer__status=Customer.Status.ACTIVE)
    found = consents.select_related("customer").order_by("customer__name")
    return [Reference(each.customer.name, each.name, each.logo) for each in found]
