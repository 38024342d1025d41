"""What customers write is stored under their own key: names of documents, and the options of a seal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict

from kernel import vault
from sealing.rules.requests import SealRequest

if TYPE_CHECKING:
    from sealing.models import Document, Seal


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


def encrypt_options(customer_id: str, seal_id: str, request: SealRequest) -> bytes:
    """The options, bound to their seal."""
    options = {name: getattr(request, name) for name in SealOptions.__annotations__}
    return vault.encrypt_text(customer_id, f"seal/{seal_id}/options", json.dumps(options))


def options_of(customer_id: str, seal: Seal) -> SealOptions:
    """The options of a seal. Raises `Outage` when the HSM is away."""
    written = vault.decrypt_text(customer_id, f"seal/{seal.id}/options", bytes(seal.encrypted_options))
    options: SealOptions = {"container": ""} | json.loads(written)  # seals older than the option do not have it
    return options


def reference_index(customer_id: str, reference: str) -> str:
    """By which a reference is found without being told."""
    return vault.blind_index(customer_id, "reference", reference)
