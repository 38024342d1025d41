"""Receipts of erasures by their link, which is nowhere stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer

from kernel.errors import NotFound
from kernel.tenancy.urls import public_url
from privacy.models import ErasureReceipt, RetentionItem
from privacy.rules.receipts import link_is_open

_SALT = "privacy.erasure_receipt"


@dataclass(frozen=True, slots=True)
class ReceiptByLink:
    """The sealed PDF of a link; `made_at` is None while it is still being made."""

    made_at: datetime | None
    content: bytes = b""


def receipt_link(item_id: str) -> str:
    """The whole address; it follows from the item and our key, so that it can be told before there is a receipt."""
    return settings.BASE_URL + public_url("erasure_receipt", link=Signer(salt=_SALT).sign(item_id))


def receipt_by_link(link: str, *, now: datetime) -> ReceiptByLink:
    """What is at the link. Raises `NotFound` for one that we did not make, and once its days are over."""
    try:
        item_id = Signer(salt=_SALT).unsign(link)
    except BadSignature as error:
        raise NotFound from error
    receipt = ErasureReceipt.objects.filter(id=receipt_id(item_id)).first()
    if receipt is not None:
        if not link_is_open(receipt.made_at, now):
            raise NotFound
        return ReceiptByLink(receipt.made_at, bytes(receipt.content))
    if not RetentionItem.objects.filter(id=item_id).exists():
        raise NotFound
    return ReceiptByLink(None)


def receipt_id(item_id: str) -> str:
    """The id of an item's receipt: one for each, however often it is issued."""
    return f"rcp_{item_id.partition('_')[2]}"
