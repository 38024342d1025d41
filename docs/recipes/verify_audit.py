"""Verify the audit trail of a customer without asking anybody: nothing changed, removed, moved or added.

    pip install cryptography asn1crypto
    curl -sS -o keys.json https://seal.example.org/.well-known/sealport-audit-keys.json
    python verify_audit.py audit-evidence-2026-11-28.jsonl keys.json

Get the keys from the operator itself, over HTTPS, and keep them: whoever could change them could sign checkpoints. Keep
evidence files, too: an older one is compared with `--earlier`, and finds a history that was rewritten even with the
operator's own key. Exit status 0 and "ok" if all of it holds, else 1 and what does not.

The rules: an entry's content is SHA-256 over the length of its metadata (4 bytes, big-endian), the metadata (JSON as it
stands) and its payload; its hash is SHA-256 over the hash of the entry before (32 zero bytes for the first), its number
(8 bytes, big-endian) and its content. A checkpoint is a JWS (RFC 7515, ES256) over the root of a tree (RFC 6962, 2.1)
whose leaf is SHA-256 over a zero byte and the JSON `[chain,number,hash]`, with an RFC 3161 timestamp over its SHA-256.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

VERSION = 1
HALF = 32
KEPT = {
    "activity": timedelta(days=90),
    "hosted": timedelta(days=540),
    "hosted5y": timedelta(days=5 * 365),
    "hosted10": timedelta(days=10 * 365),
    "platform": timedelta(days=540),
}
HASHES = {"sha256": SHA256(), "sha384": SHA384(), "sha512": SHA512()}


class Wrong(Exception):
    """What does not hold."""


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The parts of an evidence file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def link(previous: bytes, number: int, content: bytes) -> bytes:
    return sha256(previous + number.to_bytes(8, "big") + content)


class Chain:
    """Follows the entries from the newest to the oldest; each must be what the one after it says."""

    def __init__(self, evidence: Path) -> None:
        self.hashes: dict[int, bytes] = {}
        self.checkpoints: list[dict[str, Any]] = []
        self.cuts: dict[int, dict[str, Any]] = {}
        self.read = 0
        self._keys: dict[str, AESGCM] = {}
        self._follows: tuple[int, bytes, bytes] | None = None  # number, content and hash of the entry after
        parts = lines(evidence)
        self.end = next(parts)
        if self.end.get("kind") != "chain" or self.end["version"] != VERSION:
            raise Wrong("This is no evidence of an audit trail, or of a version that this program does not know.")
        for part in parts:
            getattr(self, f"take_{part['kind']}")(part)
        self._finish()

    def take_cut(self, part: dict[str, Any]) -> None:
        if part["retention"] not in KEPT or not 0 < part["first_seq"] <= part["last_seq"]:
            raise Wrong(f"What is said to have been dropped up to entry {part['last_seq']} makes no sense.")
        self.cuts[part["last_seq"]] = part
        self.hashes[part["last_seq"]] = bytes.fromhex(part["hash"])

    def take_checkpoint(self, part: dict[str, Any]) -> None:
        self.checkpoints.append(part)

    def take_key(self, part: dict[str, Any]) -> None:
        self._keys[part["writer"]] = AESGCM(base64.b64decode(part["key"]))

    def take_entry(self, part: dict[str, Any]) -> None:
        number, found = part["seq"], bytes.fromhex(part["hash"])
        metadata, payload = part["metadata"].encode(), base64.b64decode(part["payload"])
        content = sha256(len(metadata).to_bytes(4, "big") + metadata + payload)
        self._open(number, metadata, payload)
        if self._follows is None:
            if (number, found) != (self.end["seq"], bytes.fromhex(self.end["hash"])):
                raise Wrong(f"The chain ends with entry {self.end['seq']}, and the file with entry {number}.")
        else:
            self._reach(number, found)
        self._follows = (number, content, found)
        self.hashes[number] = found
        self.read += 1

    def _reach(self, number: int, found: bytes) -> None:
        """Whether the entry after follows this one, or what was dropped between them."""
        after, content, expected = self._follows or (0, b"", b"")
        while (before := after - 1) != number:
            if before not in self.cuts:
                raise Wrong(f"Entries {number + 1} to {before} are missing.")
            if link(self.hashes[before], after, content) != expected:
                raise Wrong(f"Entry {after} does not follow what was dropped before it.")
            after = self.cuts[before]["first_seq"]
            content = expected = b""
        if expected and link(found, after, content) != expected:
            raise Wrong(f"Entry {after} is not what was written, or does not follow entry {number}.")

    def _finish(self) -> None:
        number, content, found = self._follows or (self.end["seq"] + 1, b"", b"")
        while number > 1 and number - 1 in self.cuts:
            if found and link(self.hashes[number - 1], number, content) != found:
                raise Wrong(f"Entry {number} does not follow what was dropped before it.")
            number, content, found = self.cuts[number - 1]["first_seq"], b"", b""
        if number > 1:
            raise Wrong(f"Entries 1 to {number - 1} are missing.")
        if found and link(bytes(32), 1, content) != found:
            raise Wrong("Entry 1 is not what was written.")

    def _open(self, number: int, metadata: bytes, payload: bytes) -> None:
        """What cannot be decrypted is only proven to be the same; with its key it is proven to belong there."""
        if payload[:1] == b"\x01" and (key := self._keys.get(payload[1:33].hex())):
            try:
                key.decrypt(payload[33:45], payload[45:], metadata)
            except InvalidTag as error:
                raise Wrong(f"What entry {number} says is not what was written.") from error


def verify_checkpoint(part: dict[str, Any], chain: Chain, keys: dict[str, Any]) -> tuple[int, datetime]:
    """Whether a checkpoint is signed, timestamped and says what the chain says; its number in the chain and time."""
    name = f"Checkpoint {part['number']}"
    try:
        protected, payload, signature = part["jws"].split(".")
        header, statement = json.loads(decoded(protected)), json.loads(decoded(payload))
        [key] = [each for each in keys["keys"] if each["kid"] == header["kid"]]
        raw = decoded(signature)
    except (ValueError, KeyError, TypeError) as error:
        raise Wrong(f"{name} is none, or its key is not among the operator's.") from error
    if header.get("alg") != "ES256" or header.get("typ") != "sealport-audit-checkpoint":
        raise Wrong(f"{name} is signed, but is no checkpoint.")
    if not fits(key, raw, f"{protected}.{payload}".encode()):
        raise Wrong(f"{name}: the signature does not fit.")
    node = sha256(b"\0" + json.dumps([chain.end["chain"], part["seq"], part["hash"]], separators=(",", ":")).encode())
    for step in part["path"]:
        sibling = bytes.fromhex(step[1:])
        node = sha256(b"\1" + (sibling + node if step[0] == "L" else node + sibling))
    if node.hex() != statement["root"] or statement["number"] != part["number"]:
        raise Wrong(f"{name} is about another history than this.")
    if part["seq"] > chain.end["seq"]:
        raise Wrong(f"{name} saw entry {part['seq']}, but the chain ends with entry {chain.end['seq']}.")
    known = chain.hashes.get(part["seq"])
    if known is not None and known.hex() != part["hash"]:
        raise Wrong(f"{name} signed another entry {part['seq']}: the history was rewritten.")
    verify_timestamp(base64.b64decode(part["timestamp"]), sha256(part["jws"].encode()), name)
    return part["seq"], datetime.fromisoformat(statement["made_at"])


def verify_timestamp(token: bytes, imprint: bytes, name: str) -> None:
    """Whether an RFC 3161 token is over these bytes, and signed with the certificate that lies in it."""
    try:
        signed = cms.ContentInfo.load(token, strict=True)["content"]
        [signer] = signed["signer_infos"]
        info = bytes(signed["encap_content_info"]["content"])
        stamped = tsp.TSTInfo.load(info)["message_imprint"]["hashed_message"].native
        attributes = {each["type"].native: each["values"].native for each in signer["signed_attrs"]}
        algorithm = signer["digest_algorithm"]["algorithm"].native
        serial = signer["sid"].chosen["serial_number"].native
        certificates = [x509.load_der_x509_certificate(each.chosen.dump()) for each in signed["certificates"]]
        [certificate] = [each for each in certificates if each.serial_number == serial]
        key, value = certificate.public_key(), signer["signature"].native
        message = b"\x31" + signer["signed_attrs"].dump()[1:]
        digest = HASHES[algorithm]
        if stamped != imprint or attributes["message_digest"] != [hashlib.new(algorithm, info).digest()]:
            raise Wrong(f"{name}: the timestamp is over something else.")
        if isinstance(key, RSAPublicKey):
            key.verify(value, message, PKCS1v15(), digest)
        elif isinstance(key, EllipticCurvePublicKey):
            key.verify(value, message, ECDSA(digest))
        else:
            raise Wrong(f"{name}: the timestamp's algorithm is not known to this program.")
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise Wrong(f"{name}: the timestamp does not hold.") from error


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


def verify_cuts(chain: Chain, signed: list[tuple[int, datetime]]) -> None:
    """What was dropped must have been old enough: a checkpoint had seen it as long before as it had to be kept."""
    for last, cut in chain.cuts.items():
        due = min(datetime.fromisoformat(cut["cut_at"]), datetime.now(UTC)) - KEPT[cut["retention"]]
        if not any(seq >= last and made_at <= due for seq, made_at in signed):
            raise Wrong(f"Entries {cut['first_seq']} to {last} were dropped before their time was over.")


def compare(chain: Chain, earlier: Chain) -> None:
    """Whether an earlier evidence file tells the beginning of the same history."""
    if earlier.end["chain"] != chain.end["chain"]:
        raise Wrong("The earlier file is about another customer.")
    if earlier.end["seq"] > chain.end["seq"]:
        raise Wrong(f"The earlier file has entry {earlier.end['seq']}, and this one ends before it.")
    for number, found in earlier.hashes.items():
        if chain.hashes.get(number, found) != found:
            raise Wrong(f"Entry {number} is another one than in the earlier file: the history was rewritten.")


def verify(evidence: Path, keys: dict[str, Any], earlier: Path | None = None) -> str:
    """What was proven, in words. Raises `Wrong` with what does not hold."""
    chain = Chain(evidence)
    signed = [verify_checkpoint(part, chain, keys) for part in chain.checkpoints]
    if not signed:
        raise Wrong("The entries follow each other, but no checkpoint says that nobody rewrote them all.")
    verify_cuts(chain, signed)
    if earlier:
        compare(chain, Chain(earlier))
    seen, made_at = max(signed)
    return f"{chain.read} entries follow each other without a gap; until entry {seen} signed on {made_at:%Y-%m-%d}"


def main() -> int:
    asked = argparse.ArgumentParser(description="Verify the evidence of an audit trail.")
    asked.add_argument("evidence", type=Path)
    asked.add_argument("keys", type=Path)
    asked.add_argument("--earlier", type=Path)
    given = asked.parse_args()
    try:
        proven = verify(given.evidence, json.loads(given.keys.read_bytes()), given.earlier)
    except Wrong as wrong:
        print(wrong)
        return 1
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        print(f"This is no evidence of an audit trail: {error}")
        return 1
    print(f"ok: {proven}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
