"""Verify a receipt without asking anybody: who signed it, and whether it is about the files you have.

    pip install cryptography
    curl -sS -o keys.json https://seal.example.org/.well-known/sealport-receipt-keys.json
    python verify_receipt.py receipt.jws keys.json --sealed contract-sealed.pdf --document contract.pdf

Get the keys from the operator itself, over HTTPS, and keep them: whoever could change them could sign receipts. Give
`--document` once for each document of the seal, in the order in which they were sent. A sealed file that was archived
is another file: a receipt asked for since then names it, and the files before. Exit status 0 and "ok" if all of it
holds, else 1 and what does not.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

VERSION = 1
HALF = 32  # bytes of R and of S, and of a coordinate


class Wrong(Exception):
    """What does not hold."""


def read_receipt(jws: str, keys: dict[str, Any]) -> dict[str, Any]:
    """The content of a receipt (RFC 7515, compact) that one of the keys (RFC 7517) has signed."""
    try:
        protected, payload, signature = jws.strip().split(".")
        header, receipt = json.loads(decoded(protected)), json.loads(decoded(payload))
        found = [key for key in keys["keys"] if key["kid"] == header["kid"]]
        algorithm, raw = header["alg"], decoded(signature)
    except (ValueError, KeyError, TypeError) as error:
        raise Wrong("This is not a receipt, or these are not receipt keys.") from error
    if algorithm != "ES256" or header.get("typ") != "sealport-receipt" or "crit" in header:
        raise Wrong("This is signed, but it is not a receipt.")
    if not found:
        raise Wrong(f"The key {header['kid']} is not among the operator's.")
    if not fits(found[0], raw, f"{protected}.{payload}".encode()):
        raise Wrong("The signature does not fit: the receipt was changed, or somebody else signed it.")
    if receipt["version"] != VERSION:
        raise Wrong(f"Receipts of version {receipt['version']} are not known to this program.")
    return dict(receipt)


def decoded(text: str) -> bytes:
    """Base64url without padding, and in the one spelling that there is for the bytes."""
    content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != text:
        raise ValueError("not the base64url of these bytes")
    return content


def fits(key: dict[str, str], signature: bytes, message: bytes) -> bool:
    """Whether an ES256 signature (RFC 7518, 3.4: R and S) by the key is over the message."""
    x, y = (int.from_bytes(decoded(key[name]), "big") for name in ("x", "y"))
    public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    r, s = (int.from_bytes(part, "big") for part in (signature[:HALF], signature[HALF:]))
    try:
        public.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return len(signature) == 2 * HALF


def compare_sealed(receipt: dict[str, Any], content: bytes) -> str:
    """Whether this is the sealed file (or detached seal) that the receipt is about, and what became of it since."""
    found, sealed = hashlib.sha256(content).hexdigest(), receipt["sealed_file"]
    if found == sealed["sha256"]:
        return ""
    for made in receipt.get("archivings", ()):
        if found == made["file_before"]["sha256"]:
            return f"; this is the file before it was archived at {made['timestamp']['time']}"
    beginning = content[: sealed["size"]]
    if receipt["format"] == "pades" and hashlib.sha256(beginning).hexdigest() == sealed["sha256"]:
        raise Wrong(
            "The sealed file begins with the one that the receipt is about, and goes on: it was archived since, or"
            " changed. A new receipt from the operator names it if it was archived."
        )
    raise Wrong(
        "The sealed file is another one than the receipt is about. If it was archived since, get a new receipt."
    )


def compare_documents(receipt: dict[str, Any], contents: list[bytes]) -> None:
    """Whether these are the documents that were sealed, in their order."""
    if len(contents) != len(receipt["documents"]):
        raise Wrong(f"The receipt is about {len(receipt['documents'])} documents, not {len(contents)}.")
    for number, (document, content) in enumerate(zip(receipt["documents"], contents, strict=True), start=1):
        if hashlib.new(document["digest_algorithm"], content).hexdigest() != document["digest"]:
            raise Wrong(f"Document {number} is another one than was sealed.")


def main() -> int:
    asked = argparse.ArgumentParser(description="Verify a receipt.")
    asked.add_argument("receipt", type=Path)
    asked.add_argument("keys", type=Path)
    asked.add_argument("--sealed", type=Path)
    asked.add_argument("--document", type=Path, action="append", default=[])
    given = asked.parse_args()
    remark = ""
    try:
        receipt = read_receipt(given.receipt.read_text(), json.loads(given.keys.read_bytes()))
        if given.sealed:
            remark = compare_sealed(receipt, given.sealed.read_bytes())
        if given.document:
            compare_documents(receipt, [path.read_bytes() for path in given.document])
    except (Wrong, ValueError) as wrong:
        print(wrong)
        return 1
    charged = f"charged as usage event {receipt['usage_event']['id']}" if receipt["billable"] else "not charged"
    print(f"ok: {receipt['seal']} was sealed at {receipt['sealed_at']} by {receipt['operator']}, {charged}{remark}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
