"""Records what somebody wants to become a customer with, what they declared, and the documents they accepted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.open_customer import open_customer
from accounts.models import Application, Customer, Membership
from accounts.queries import has_confirmed_address
from accounts.queries.documents import documents_in_force
from accounts.rules.applications import Declared, Particulars, declarations_needed, misfits
from accounts.rules.documents import LEADING_LANGUAGE, edition
from accounts.rules.permissions import Role
from kernel import audit
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import FieldError, InvalidInput, Outage, Refusal

MOST_CUSTOMERS = 10


class TooManyCustomers(Refusal):
    code = "too_many_customers"
    status = 409
    title = _("You own as many customers as one person can. Please write to us.")


class DeclarationMissing(Refusal):
    code = "declaration_missing"
    title = _("Without this there is no account.")

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(errors=[FieldError(f"/{key}", self.code, str(self.title)) for key in missing])


class DocumentsChanged(Refusal):
    code = "documents_changed"
    status = 409
    title = _("A legal document has changed since you opened this page. Please read it and accept again.")


def sign_up(
    *,
    actor: Actor,
    name: str,
    kind: str,
    country: str,
    plan_code: str | None,
    particulars: Particulars,
    position: str,
    declarations: Sequence[Declared],
    edition_read: str | None,
    now: datetime,
    language: str = LEADING_LANGUAGE,
) -> Application:
    """The application of the person who acts (clauses B18, C1, C5).

    `declarations` are the boxes they ticked; `position` says in which capacity they act for an entity; `edition_read`
    names the set of documents that stood on the page, for the `country` and in the `language`, None where it is known
    to be the one in force. It becomes a customer at once for a person with a confirmed e-mail address, otherwise with
    `open_customer` when there is one. While the HSM is away it stays an application, which the next sign-in opens. A
    second application replaces what an open one said. Must not run inside a transaction.

    Raises `InvalidInput`, `DeclarationMissing`, `DocumentsChanged`, `TooManyCustomers`.
    """
    legal_entity = kind == Customer.Kind.LEGAL_ENTITY
    _refuse_misfits(legal_entity, country, particulars, position)
    if missing := declarations_needed(legal_entity=legal_entity) - {each.key for each in declarations}:
        raise DeclarationMissing(sorted(missing))
    documents = documents_in_force(legal_date(now), country=country, language=language)
    if edition_read is not None and edition_read != edition(documents):
        raise DocumentsChanged
    owned = Membership.objects.active().filter(person_id=actor.person, role=Role.OWNER)
    if owned.exclude(customer__status__in=[Customer.Status.ENDED, Customer.Status.CLOSED]).count() >= MOST_CUSTOMERS:
        raise TooManyCustomers
    wish = {"name": name, "kind": kind, "country": country, "plan_code": plan_code}
    evidence = {
        "position": position,
        "declarations": [asdict(each) for each in declarations],
        "accepted": [
            {"id": each.id, "kind": each.kind, "version": each.version, "sha256": each.sha256} for each in documents
        ],
        "terms_accepted_at": now,
    }
    with transaction.atomic():
        application, _created = Application.objects.update_or_create(
            person_id=actor.person, customer=None, defaults=wish | asdict(particulars) | evidence
        )
        details = wish | {"declarations": sorted(each.key for each in declarations), "accepted": evidence["accepted"]}
        audit.record(actor=actor, action="person.signed_up", now=now, subject=application.id, details=details)
    if has_confirmed_address(actor):
        with suppress(Outage):
            application.customer = open_customer(actor=actor, now=now)
    return application


def _refuse_misfits(legal_entity: bool, country: str, particulars: Particulars, position: str) -> None:
    wrong = misfits(particulars, country=country, legal_entity=legal_entity, position=position)
    if wrong:
        detail = str(InvalidInput.title)
        raise InvalidInput(errors=[FieldError(f"/{field}", "does_not_fit", detail) for field in wrong])
