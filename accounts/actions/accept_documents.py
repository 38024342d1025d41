"""Records that a member accepted versions of legal documents for their customer (clause C5)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Acceptance, Customer, LegalDocument
from accounts.queries.documents import to_accept
from kernel import audit, outbox
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import FieldError, InvalidInput, Refusal


class NothingToAccept(Refusal):
    """What was sent needs no acceptance, or has it."""

    code = "nothing_to_accept"
    status = 409
    title = _("Nothing of this is left to accept. Please look at the page again.")


def accept_documents(*, actor: Actor, document_ids: Collection[str], position: str, now: datetime) -> list[Acceptance]:
    """Accept the texts by id, each a language of a version that needs acceptance, for the actor's customer.

    `position` says in which capacity the member acts for a legal entity. Raises `Forbidden`, `InvalidInput` (an entity
    without a position), `NothingToAccept`. Emits `legal_document.accepted`.
    """
    actor.require("customer.manage")
    with transaction.atomic():
        customer = Customer.objects.select_for_update().get(id=actor.customer)
        if customer.is_legal_entity and not position.strip():
            raise InvalidInput(errors=[FieldError("/position", "does_not_fit", str(InvalidInput.title))])
        offered = {text.id: text for version in to_accept(customer, on=legal_date(now)) for text in version.texts}
        if not document_ids or not set(document_ids) <= offered.keys():
            raise NothingToAccept
        rows = [
            Acceptance.objects.create(
                document=document,
                document_sha256=document.sha256,
                customer=customer,
                person_id=actor.person,
                person_name=actor.name,
                authority=position.strip() if customer.is_legal_entity else "",
                accepted_at=now,
            )
            for document in (offered[each] for each in sorted(set(document_ids)))
        ]
        for row in rows:
            _tell(actor, row.document, row.authority, now)
    return rows


def _tell(actor: Actor, document: LegalDocument, position: str, now: datetime) -> None:
    facts = {"kind": document.kind, "version": document.version, "language": document.language}
    details = facts | {"sha256": document.sha256, "position": position}
    audit.record(
        actor=actor,
        action="legal_document.accepted",
        now=now,
        customer_id=actor.customer,
        subject=document.id,
        details=details,
    )
    outbox.emit("legal_document.accepted", now=now, customer_id=actor.customer, subject=document.id, payload=facts)
