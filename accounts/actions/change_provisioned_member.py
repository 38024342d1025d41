"""Makes a member as the customer's directory wants them: named, suspended, restored, with another role."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.change_role import change_role
from accounts.actions.restore_member import restore_member
from accounts.actions.suspend_member import suspend_member
from accounts.models import Membership, Person
from accounts.queries.sign_in import is_managed, owns_domain_of, person_at
from accounts.rules.names import is_plain_name
from accounts.rules.permissions import Role
from accounts.rules.scim import Wanted
from accounts.rules.sign_in import PROVIDED_ROLES
from kernel import audit
from kernel.actor import Actor
from kernel.errors import NotFound, Refusal


class AddressNotYours(Refusal):
    code = "address_not_yours"
    status = 400
    title = _("This person’s address is their own, or the new one is in none of your proven domains or taken.")


def change_provisioned_member(*, actor: Actor, membership_id: str, wanted: Wanted, now: datetime) -> Membership:
    """The member afterwards (clauses C2, C10). What `wanted` does not say stays; what is so already is no error.

    Name and address change only of people whom this customer made and who have no sign-in of their own, and never of
    who administers; the name is otherwise left alone, another address is `AddressNotYours`. Roles that administer are
    neither given nor taken.
    Raises `NotFound`, `OwnerNeeded` for owners, `LastOwner`.
    """
    actor.require("member.provision")
    manager = replace(actor, permissions=actor.permissions | {"member.manage"})
    with transaction.atomic():
        members = Membership.objects.held(actor.customer).select_related("person")
        member = members.exclude(status=Membership.Status.ENDED).filter(id=membership_id).first()
        if member is None:
            raise NotFound
        _rename(actor, member, wanted, now)
        if wanted.role and wanted.role != member.role and member.role in PROVIDED_ROLES:
            change_role(actor=manager, membership_id=member.id, role=Role(wanted.role), now=now)
        active = member.status == Membership.Status.ACTIVE
        if wanted.active is False and active:
            suspend_member(actor=manager, membership_id=member.id, now=now)
        elif wanted.active is True and not active:
            restore_member(actor=manager, membership_id=member.id, now=now)
    return Membership.objects.select_related("person").get(id=membership_id)


def _rename(actor: Actor, member: Membership, wanted: Wanted, now: datetime) -> None:
    person, changes = member.person, {}
    if wanted.external_id is not None and wanted.external_id != member.external_id:
        changes["external_id"] = wanted.external_id
        Membership.objects.filter(id=member.id).update(external_id=wanted.external_id)
    # New passwords are mailed to the address: whoever holds the token could become an owner with it.
    managed = member.role in PROVIDED_ROLES and is_managed(person, actor.customer)
    if wanted.user_name and wanted.user_name != person.email.lower():
        free = person_at(wanted.user_name) is None
        if not managed or not free or not owns_domain_of(actor.customer, wanted.user_name):
            raise AddressNotYours
        changes["email"] = wanted.user_name
    if wanted.name and managed and wanted.name != person.name and is_plain_name(wanted.name):
        changes["name"] = wanted.name[:120]
    if changes:
        own = {name: value for name, value in changes.items() if name != "external_id"}
        if own:
            Person.objects.filter(pk=person.pk).update(**own)
        audit.record(actor=actor, action="member.provisioning_changed", now=now, subject=member.id, details=changes)
