"""States under the operator's seal what was erased of a customer, and what is kept until when (D3, D4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.queries.customers import names_of
from billing.queries.billing_details import buyer_details
from kernel import audit
from kernel.actor import Actor
from kernel.audit_trail import classes_of
from kernel.clock import legal_date, legal_zone
from kernel.errors import NotFound
from kernel.printing import print_pdf
from kernel.tenancy.urls import public_url
from privacy.actions._ledger import subject_hash
from privacy.models import ErasureReceipt, RetentionItem
from privacy.queries.receipt_words import erased_words, kept_words
from privacy.queries.receipts import receipt_id
from privacy.rules.receipts import RESUMED
from sealing.actions.seal_statement import seal_statement

_ACTOR = Actor.system("privacy.issue_erasure_receipt")


def issue_erasure_receipt(*, item_id: str, clock: Callable[[], datetime]) -> ErasureReceipt:
    """The receipt of an item of a customer of whom everything is gone, once for each however often it is asked for.

    In the language of the customer's invoices. It names the customer, whose name is kept with its invoices anyway, and
    nobody else. `clock` goes on while it is made. Must not run inside a transaction. Raises `NotFound` unless there is
    such an item and it is done, and `OperatorSealMissing` and the outages of sealing: the erasure is done whatever they
    say, and the receipt follows.
    """
    made = ErasureReceipt.objects.filter(id=receipt_id(item_id)).first()
    if made is not None:
        return made
    done = RetentionItem.objects.filter(id=item_id, state=RetentionItem.State.DONE).exclude(customer_id="")
    item = done.select_related("ledger_entry").first()
    if item is None:
        raise NotFound
    with translation.override(buyer_details(item.customer_id)["language"] or settings.LANGUAGE_CODE):
        sealed = seal_statement(pdf=lambda: _printed(item), reason=_("Receipt of an erasure"), clock=clock)
    now = clock()
    receipt, created = ErasureReceipt.objects.get_or_create(
        id=receipt_id(item.id),
        defaults={
            "rule": item.rule,
            "subject_hash": subject_hash("customer", item.customer_id),
            "content": sealed,
            "sha256": sha256(sealed).hexdigest(),
            "made_at": now,
        },
    )
    if created:
        audit.record(actor=_ACTOR, action="erasure_receipt.issued", now=now, subject=receipt.id)
    return receipt


def _printed(item: RetentionItem) -> bytes:
    ended_at = item.ended_at or item.found_at
    context = {
        "customer_name": names_of([item.customer_id]).get(item.customer_id, ""),
        "customer_id": item.customer_id,
        "number": receipt_id(item.id),
        "subject_hash": subject_hash("customer", item.customer_id),
        "began_at": item.ledger_entry.written_at if item.ledger_entry else item.found_at,
        "ended_at": ended_at,
        "erased": erased_words(item.counts),
        "resumed": bool(item.counts.get(RESUMED)),
        "kept": kept_words(legal_date(ended_at), classes_of(item.customer_id)),
        "operator_name": settings.OPERATOR_NAME,
        "verify_url": settings.BASE_URL + public_url("verify"),
        "zone": legal_zone(),
    }
    return print_pdf("print/erasure_receipt.html", context)
