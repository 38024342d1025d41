"""Registers a person by the operator's hand: for the first staff of an installation and for demonstrations."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.rules.staff_roles import PERMISSIONS, READ_APPS, StaffRole, is_all_powerful
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Refusal


class PersonExists(Refusal):
    code = "person_exists"
    status = 409
    title = _("Somebody with this e-mail address is registered already.")


def register_person(
    *,
    actor: Actor,
    email: str,
    name: str,
    password: str,
    now: datetime,
    staff: bool = False,
    role: StaffRole = StaffRole.CHIEF,
) -> Person:
    """A person whose e-mail address counts as verified. `staff` opens the staff admin, as far as `role` goes.

    Raises `PersonExists`.
    """
    if Person.objects.filter(email__iexact=email).exists():
        raise PersonExists
    chief = staff and is_all_powerful(role)
    with transaction.atomic():
        person = Person.objects.create_user(email, password, name=name, is_staff=staff, is_superuser=chief)
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        facts = {"staff": staff, **({"role": role.value} if staff else {})}
        if staff and not chief:
            person.groups.add(_group(role))
        audit.record(actor=actor, action="person.registered", now=now, subject=str(person.pk), details=facts)
    return person


def _group(role: StaffRole) -> Group:
    """The group of a role, with what the role may do in this version."""
    readable = Q(content_type__app_label__in=READ_APPS, codename__startswith="view_")
    named = Q()
    for permission in PERMISSIONS[role]:
        app, _dot, codename = permission.partition(".")
        named |= Q(content_type__app_label=app, codename=codename)
    group, _created = Group.objects.get_or_create(name=role.value)
    group.permissions.set(Permission.objects.filter(readable | named))
    return group
