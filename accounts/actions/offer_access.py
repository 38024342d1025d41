"""A customer asks that support look at its documents: the express request without which nobody may (clause D7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions._grants import tell
from accounts.models import AccessGrant
from accounts.rules.grants import HOURS, Basis, GrantState
from kernel.actor import Actor
from kernel.errors import FieldError, InvalidInput

MOST_DOCUMENTS = 50
_DOCUMENT_ID = re.compile(r"seal_[0-9a-hjkmnp-tv-z]{26}")


def offer_access(
    *,
    actor: Actor,
    purpose: str,
    seal_ids: Sequence[str],
    with_content: bool,
    hours: int,
    now: datetime,
    with_trail: bool = False,
) -> AccessGrant:
    """The offer, for staff to take up within three days. Without `seal_ids` all documents are meant.

    `with_trail`: the audit trail may be read, too, all of it.

    `purpose` is a sentence why. `hours` are how long staff may look from the moment two of them have agreed. Raises
    `Forbidden`, `InvalidInput`.
    """
    actor.require("access.grant")
    ids = list(dict.fromkeys(seal_ids))
    errors = []
    if not purpose.strip():
        errors.append(FieldError("/purpose", "required", _("Write a sentence about what support should look at.")))
    if hours not in HOURS:
        errors.append(FieldError("/hours", "invalid_input", _("Support may look for 1, 2 or 4 hours.")))
    if len(ids) > MOST_DOCUMENTS or not all(_DOCUMENT_ID.fullmatch(each) for each in ids):
        text = _("Write ids of documents, one on each line and 50 at most. They begin with “seal_”.")
        errors.append(FieldError("/documents", "invalid_input", text))
    if errors:
        raise InvalidInput(errors=errors)
    with transaction.atomic():
        grant = AccessGrant.objects.create(
            customer_id=actor.customer,
            basis=Basis.CUSTOMER_REQUEST.value,
            state=GrantState.OFFERED.value,
            purpose=purpose.strip()[:1000],
            all_documents=not ids,
            seal_ids=ids,
            with_content=with_content,
            with_trail=with_trail,
            hours=hours,
            offered_by=actor.id,
            offered_by_name=actor.name,
            offered_at=now,
        )
        parts = {"with_content": with_content, "with_trail": with_trail}
        scope = {"all_documents": not ids, "documents": ids, **parts, "hours": hours}
        tell(actor, grant, "access.offered", now=now, details={"purpose": grant.purpose, **scope})
    return grant
