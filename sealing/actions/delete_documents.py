"""Deletes the documents of a seal for good; what proves that there was a seal stays."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from kernel import audit, outbox, vault
from kernel.actor import Actor
from kernel.errors import Refusal
from sealing.gateways.encrypted import name_of
from sealing.models import Document, Seal, SealReceipt
from sealing.queries.visibility import held_for_change
from sealing.rules.seal_states import FINAL


class SealInProgress(Refusal):
    code = "seal_in_progress"
    status = 409
    title = gettext_lazy("The document is still being sealed. Delete it when that has ended.")


class NameNotConfirmed(Refusal):
    code = "name_not_confirmed"
    title = gettext_lazy("This is not the name of the document, so nothing was deleted.")


def delete_documents(*, actor: Actor, seal_id: str, confirmed_name: str | None = None, now: datetime) -> None:
    """Erase what the customer gave and wrote: files, names, texts, digests, labels, shares, receipt (clause A3).

    It is final: nobody sees the documents from now on, and a job destroys the files. Who asked for the seal, when, with
    which certificate and timestamp, and what was billed for it, stays. Deleting again changes nothing. A person gives
    the name of the first document as `confirmed_name`; programs None.

    Raises `NotFound`, `Forbidden` for documents that the actor sees but may not manage, `SealInProgress` and
    `NameNotConfirmed`.
    """
    vault.have_key_at_hand(actor.customer)
    with transaction.atomic():
        seal = held_for_change(actor, seal_id)
        if seal.deleted_at:
            return
        if seal.status not in FINAL:
            raise SealInProgress
        if confirmed_name is not None and not _is_name_of(actor, seal, confirmed_name):
            raise NameNotConfirmed
        _erase(actor, seal, now)
        audit.record(actor=actor, action="document.deleted", now=now, subject=seal.id)
        told = {"live": seal.live}
        outbox.emit("document.deleted", now=now, customer_id=actor.customer, subject=seal.id, payload=told)


def _is_name_of(actor: Actor, seal: Seal, name: str) -> bool:
    first = name_of(actor.customer, seal.documents.all()[0])
    return unicodedata.normalize("NFC", name).strip() == unicodedata.normalize("NFC", first).strip()


def _erase(actor: Actor, seal: Seal, now: datetime) -> None:
    """Everything but the names of the objects, without which nobody could destroy them."""
    Document.objects.filter(seal=seal).update(encrypted_name=b"", digest="", search_index=[])
    seal.labellings.all().delete()
    seal.shares.all().delete()
    seal.archivings.update(sha256="", sha256_before="")
    SealReceipt.objects.filter(seal=seal).delete()  # it names the documents' digests
    Seal.objects.filter(id=seal.id).update(
        encrypted_options=b"",
        reference_index="",
        sha256="",
        deleted_at=now,
        deleted_by=actor.id,
        deleted_by_name=actor.name,
    )
