"""Files the sealed PDF of a legal document (clause D10)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from accounts.models import LegalDocument, LegalFile
from kernel import audit
from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound


def file_document(*, actor: Actor, document_id: str, pdf: bytes, now: datetime) -> bool:
    """Keep the sealed bytes of a text; returns whether they are the ones kept: the first that were made stay.

    Raises `Forbidden` for anybody but the system, `NotFound` without such a text.
    """
    if actor.kind != "system":
        raise Forbidden
    digest = hashlib.sha256(pdf).hexdigest()
    with transaction.atomic():
        if not LegalDocument.objects.filter(id=document_id).exists():
            raise NotFound
        _file, kept = LegalFile.objects.get_or_create(
            document_id=document_id, defaults={"content": pdf, "sha256": digest, "sealed_at": now}
        )
        if kept:
            details = {"sha256": digest}
            audit.record(actor=actor, action="legal_document.sealed", now=now, subject=document_id, details=details)
    return kept
