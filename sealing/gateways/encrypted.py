"""What customers write is stored under their own key: names of documents, and the options of a seal."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, TypedDict

from kernel import vault
from sealing.rules.appearance import Appearance
from sealing.rules.labels import label_key
from sealing.rules.requests import SealRequest
from sealing.rules.search_words import findable_words, sought_words

if TYPE_CHECKING:
    from sealing.models import BatchItem, Document, Label, Seal


class SealOptions(TypedDict):
    """What a seal's request said, as far as it is the customer's own words or wish."""

    reason: str
    location: str
    contact: str
    reference: str
    certify: bool
    container: str


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
    written = vault.decrypt_text(customer_id, f"seal/{seal.id}/options", bytes(seal.encrypted_options))
    options: SealOptions = {"container": ""} | json.loads(written)  # seals older than the option do not have it
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


def search_index(customer_id: str, name: str, reference: str) -> list[int]:
    """Keyed digests of the words, and beginnings of words, by which a document is found."""
    return sorted(vault.word_indexes(customer_id, "document/words", findable_words((name, reference))))


def search_digests(customer_id: str, search: str) -> list[int]:
    """Keyed digests that the index of each found document must hold; none when the search has no word."""
    return vault.word_indexes(customer_id, "document/words", sought_words(search))


def encrypt_label(customer_id: str, label_id: str, name: str) -> bytes:
    """A label's name, bound to its label."""
    return vault.encrypt_text(customer_id, f"label/{label_id}/name", name)


def name_of_label(customer_id: str, label: Label) -> str:
    """The name of a label. Raises `Outage` when the HSM is away."""
    return vault.decrypt_text(customer_id, f"label/{label.id}/name", bytes(label.encrypted_name))


def label_index(customer_id: str, name: str) -> str:
    """By which a label of the same name is found, whatever the case."""
    return vault.blind_index(customer_id, "label", label_key(name))
