"""Seals the texts of legal documents that were announced and have no file yet (clause D10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.actions.file_document import file_document
from accounts.queries.documents import PrintableText, documents_to_seal
from kernel.actor import Actor
from kernel.clock import legal_zone
from kernel.printing import print_pdf
from sealing.actions._operator import operators_certificate, sealed_by_operator

BUDGET = timedelta(seconds=20)


def seal_legal_documents(*, actor: Actor, clock: Callable[[], datetime]) -> int:
    """Print, seal at B-LT and file the texts that wait, each in its language; returns how many.

    It begins none after `BUDGET`, well within a job's lease: the next run goes on.

    Each is filed by itself, so that a run that ends half-way is taken up by the next; of two runs at once the file that
    was made first stays. Raises `OperatorSealMissing` and the outages of sealing; publication has not waited for it.
    """
    waiting = documents_to_seal()
    started = clock()
    if waiting:
        operators_certificate(started)
    return sum(_seal(actor, each, clock) for each in takewhile(lambda _: clock() - started < BUDGET, waiting))


def _seal(actor: Actor, waiting: PrintableText, clock: Callable[[], datetime]) -> bool:
    with translation.override(waiting.language):
        context = {
            "document": waiting.document,
            "blocks": waiting.blocks,
            "operator_name": settings.OPERATOR_NAME,
            "zone": legal_zone(),
        }
        printed = print_pdf("print/legal_document.html", context)
        reason = _("Publication of a legal document")
    sealed = sealed_by_operator(printed, reason=reason, clock=clock)
    return file_document(actor=actor, document_id=waiting.id, pdf=sealed, now=clock())
