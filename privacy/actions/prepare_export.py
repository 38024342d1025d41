"""Makes the copy of somebody's data that answers their request (D1; GDPR 15 (3), 20 (1))."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import override

from accounts.queries import secret_hash
from accounts.queries.whose import Whose, known_as
from kernel import audit, outbox, vault
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.ids import new_id
from kernel.reading import OPERATOR
from kernel.vault import StoredObject
from privacy.actions._package import fill
from privacy.catalogue import RULE
from privacy.gateways.package import write_seal, write_sums, zip_folder
from privacy.models import RightsExport
from privacy.queries.exports import export_secret
from privacy.rules.retention import due_on
from sealing.actions.seal_list import seal_list


def prepare_export(
    *,
    actor: Actor,
    request_id: str,
    person_id: int | None,
    email: str,
    kind: str,
    language: str,
    clock: Callable[[], datetime],
) -> None:
    """One ZIP with everything about the person, or about whoever has the address, in their language; once a request.

    It has an own seal over the list of its files, and waits encrypted under the operator's key until the days of the
    rule `rights_export` are over. Nothing happens when it is there already. Must not run inside a transaction. Raises
    `OperatorSealMissing`, the outages of sealing, HSM and storage, and `SchemaLags`: all to be tried again.
    """
    if RightsExport.objects.filter(request_id=request_id).exists():
        return
    whose = known_as(person_id=person_id, email=email)
    stored = _stored(whose, request_id, kind, language or settings.LANGUAGE_CODE, clock)
    now = clock()
    with vault.kept_with_its_row(stored):
        try:
            _published(actor, stored, request_id=request_id, person_id=whose.person_id, kind=kind, now=now)
        except IntegrityError:  # the same job, run twice at once: the other was first
            vault.delete_object(stored.name)


def _stored(whose: Whose, request_id: str, kind: str, language: str, clock: Callable[[], datetime]) -> StoredObject:
    with tempfile.TemporaryDirectory(prefix="sealport-export-") as made:
        folder, target = Path(made, "files"), Path(made, "export.zip")
        folder.mkdir()
        with override(language):
            fill(folder, whose, request_id=request_id, kind=kind, language=language, now=clock())
        write_seal(folder, seal_list(name="SHA256SUMS", digest=write_sums(folder), clock=clock))
        zip_folder(folder, target)
        with target.open("rb") as file:
            return vault.write_object(OPERATOR, file)


def _published(
    actor: Actor, stored: StoredObject, *, request_id: str, person_id: int | None, kind: str, now: datetime
) -> None:
    export_id, made_on = new_id("exp"), legal_date(now)
    with transaction.atomic():
        RightsExport.objects.create(
            id=export_id,
            request_id=request_id,
            person_id=person_id,
            kind=kind,
            secret_hash=secret_hash(export_secret(export_id)),
            object_name=stored.name,
            size=stored.size,
            sha256=stored.sha256,
            made_at=now,
            made_on=made_on,
            delete_on=due_on(RULE["rights_export"], made_on),
        )
        facts = {"export": export_id, "kind": kind, "size": stored.size, "sha256": stored.sha256}
        audit.record(actor=actor, action="rights_export.made", now=now, subject=request_id, details=facts)
        outbox.emit("rights_export.made", now=now, customer_id=None, subject=request_id, payload={"export": export_id})
