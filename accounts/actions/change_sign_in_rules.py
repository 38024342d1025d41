"""Changes how the members of a customer must have signed in, with effect on their next request."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.models import Customer
from accounts.rules.sign_in import SignInRules, is_domain
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput, Refusal
from kernel.tenancy.context import forget_customers


class ProviderNeededFirst(Refusal):
    code = "provider_needed_first"
    status = 409
    title = _("Set up the identity provider and switch it on first.")


def change_sign_in_rules(
    *,
    actor: Actor,
    second_step: bool,
    provider_second_step: bool,
    provider_required: bool,
    email_domains: Collection[str],
    now: datetime,
) -> SignInRules:
    """The rules from now on (clauses C2, C10). `email_domains` is where invitations may go; empty: anywhere.

    Owners are never shut out by `provider_required`. Raises `InvalidInput`, `ProviderNeededFirst`.
    """
    actor.require("customer.manage")
    domains = tuple(sorted({name.strip().lower() for name in email_domains}))
    if wrong := [name for name in domains if not is_domain(name)]:
        detail = str(_("“%(name)s” is no domain.")) % {"name": wrong[0]}
        raise InvalidInput(errors=[FieldError("/email_domains", "invalid_value", detail)])
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(id=actor.customer)
        before: SignInRules = customer.sign_in
        if provider_required and not before.provider:
            raise ProviderNeededFirst(
                errors=[FieldError("/provider_required", ProviderNeededFirst.code, str(ProviderNeededFirst.title))]
            )
        after = replace(
            before,
            second_step=second_step,
            provider_second_step=provider_second_step,
            provider_required=provider_required,
            email_domains=domains,
        )
        Customer.objects.filter(id=customer.id).update(sign_in_rules=after.to_store())
        _tell(actor, before, after, now)
    forget_customers()
    return after


def _tell(actor: Actor, before: SignInRules, after: SignInRules, now: datetime) -> None:
    event, changes = "sign_in_rules.changed", {"from": before.to_store(), "to": after.to_store()}
    audit.record(actor=actor, action=event, now=now, subject=actor.customer, details=changes)
    outbox.emit(event, now=now, customer_id=actor.customer, subject=actor.customer, payload=changes)
    give_notice(
        kind=event,
        customer_id=actor.customer,
        now=now,
        permission="customer.manage",
        facts={"by": actor.name},
        subject=actor.customer,
    )
