"""What customers write is stored under their own key: names of documents, and the options of a seal."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, TypedDict

from kernel import vault
from sealing.rules.appearance import Appearance
from sealing.rules.requests import SealRequest

if TYPE_CHECKING:
    from sealing.models import BatchItem, Document, Seal


class SealOptions(TypedDict):
    """What a seal's request said, as far as it is the customer's own words or wish."""

    reason: str
    location: str
    contact: str
    reference: str
    certify: bool


def encrypt_name(customer_id: str, document_id: str, name: str) -> bytes:
    """The file name, bound to its document."""
    return vault.encrypt_text(customer_id, f"document/{document_id}/name", name)


def name_of(customer_id: str, document: Document) -> str:
    """The file name of a document. Raises `Outage` when the HSM is away."""
    return vault.decrypt_text(customer_id, f"document/{document.id}/name", bytes(document.encrypted_name))


def encrypt_item_name(customer_id: str, batch_id: str, position: int, name: str) -> bytes:
    """The name of an item that got no seal, bound to its place."""
    return vault.encrypt_text(customer_id, f"batch/{batch_id}/{position}", name)


def item_name_of(customer_id: str, item: BatchItem) -> str:
    """The name of an item without a seal. Raises `Outage` when the HSM is away."""
    return vault.decrypt_text(customer_id, f"batch/{item.batch_id}/{item.position}", bytes(item.encrypted_name or b""))


def encrypt_options(customer_id: str, seal_id: str, request: SealRequest) -> bytes:
    """The options, bound to their seal."""
    options = {name: getattr(request, name) for name in SealOptions.__annotations__}
    return vault.encrypt_text(customer_id, f"seal/{seal_id}/options", json.dumps(options))


def options_of(customer_id: str, seal: Seal) -> SealOptions:
    """The options of a seal. Raises `Outage` when the HSM is away."""
    options: SealOptions = json.loads(
        vault.decrypt_text(customer_id, f"seal/{seal.id}/options", bytes(seal.encrypted_options))
    )
    return options


def appearance_text(appearance: Appearance) -> str:
    """An appearance with its logo, as text."""
    return json.dumps(asdict(appearance) | {"logo": base64.b64encode(appearance.logo).decode()})


def wishes_of(request: SealRequest) -> dict[str, object]:
    """Everything a request asks for, as plain values by which it is known again."""
    wishes = asdict(replace(request, appearance=None))
    del wishes["appearance"]
    return wishes | ({"appearance": appearance_text(request.appearance)} if request.appearance else {})


def encrypt_appearance(customer_id: str, seal_id: str, appearance: Appearance | None) -> bytes | None:
    """What the seal shows on its page, bound to the seal; None when it shows nothing."""
    if appearance is None:
        return None
    return vault.encrypt_text(customer_id, f"seal/{seal_id}/appearance", appearance_text(appearance))


def appearance_of(customer_id: str, seal: Seal) -> Appearance | None:
    """What a seal that has not ended shows on its page. Raises `Outage` when the HSM is away."""
    if seal.encrypted_appearance is None:
        return None
    text = vault.decrypt_text(customer_id, f"seal/{seal.id}/appearance", bytes(seal.encrypted_appearance))
    values = json.loads(text)
    box = tuple(values["box"]) if values["box"] else None
    return Appearance(**values | {"box": box, "size": tuple(values["size"]), "logo": base64.b64decode(values["logo"])})


def reference_index(customer_id: str, reference: str) -> str:
    """By which a reference is found without being told."""
    return vault.blind_index(customer_id, "reference", reference)
