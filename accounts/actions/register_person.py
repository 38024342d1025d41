"""Registers a person by the operator's hand: for the first staff of an installation and for demonstrations."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Refusal


class PersonExists(Refusal):
    code = "person_exists"
    status = 409
    title = _("Somebody with this e-mail address is registered already.")


def register_person(
    *, actor: Actor, email: str, name: str, password: str, now: datetime, staff: bool = False
) -> Person:
    """A person whose e-mail address counts as verified. `staff` opens the staff admin. Raises `PersonExists`."""
    if Person.objects.filter(email__iexact=email).exists():
        raise PersonExists
    with transaction.atomic():
        person = Person.objects.create_user(email, password, name=name, is_staff=staff, is_superuser=staff)
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        audit.record(actor=actor, action="person.registered", now=now, subject=str(person.pk), details={"staff": staff})
    return person
