"""Objects and names encrypted with AES-256 under a key of each customer's own (clauses D3, D6).

Each customer has an AES-256 key inside the HSM. It wraps one customer key, which this process unwraps once and
forgets after five minutes. Objects are AES-256-GCM in segments of 1 MiB in the layout that Tink calls
AES256_GCM_HKDF_1MB: every object gets a key of its own by HKDF, and a segment can be neither moved, dropped nor
repeated. So a file of any size is never in memory whole.

Staff get at no customer's key without an access grant (`kernel.reading`, clause D7).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from kernel import reading
from kernel.errors import Outage
from kernel.ids import new_id
from kernel.models import CustomerKey
from kernel.storage import delete_folder, names_in
from kernel.tenancy.context import refuse_closed

SEGMENT = 1 << 20
_KEY = 32
_TAG = 16
_HEADER = 1 + _KEY + 7
_REMEMBER_SECONDS = 300.0
_unwrapped: dict[str, tuple[float, bytes]] = {}
_unwrapping = threading.Lock()


class Readable(Protocol):
    """A file opened for reading bytes."""

    def read(self, size: int = ..., /) -> bytes: ...


class DataKeyring(Protocol):
    """AES-256 keys that never leave their device, named by label.

    An HSM that cannot be reached raises `Outage`; unwrapping what was changed or is another key's, `ValueError`.
    """

    def create(self, label: str) -> None: ...

    def wrap(self, label: str, plaintext: bytes) -> bytes: ...

    def unwrap(self, label: str, wrapped: bytes) -> bytes: ...

    def destroy(self, label: str) -> None: ...


class StorageAway(Outage):
    """The storage of the objects failed. It is the operator's own, and worth another try."""

    code = "storage_unavailable"


class Tampered(Exception):
    """A stored object or name does not decrypt: it was changed, moved, or its key is gone."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """`name` in the storage, and size in bytes and SHA-256 (hex) of the plain content."""

    name: str
    size: int
    sha256: str


@cache
def _keyring() -> DataKeyring:
    keyring: DataKeyring = import_string(settings.VAULT_KEYRING)()
    return keyring


def have_key_at_hand(customer_id: str) -> None:
    """Ask the HSM now, if it will have to be asked within the next minute: called before a transaction begins."""
    _customer_key(customer_id, for_seconds=60.0)


def _customer_key(customer_id: str, *, for_seconds: float = 0.0) -> bytes:
    reading.require(customer_id)
    now = time.monotonic()
    found = _unwrapped.get(customer_id)
    if found is None or found[0] < now + for_seconds:
        found = (now + _REMEMBER_SECONDS, _unwrap(customer_id))
        with _unwrapping:
            for other in [each for each, (until, _key) in _unwrapped.items() if until < now]:
                del _unwrapped[other]
            _unwrapped[customer_id] = found
    return found[1]


def _unwrap(customer_id: str) -> bytes:
    row = CustomerKey.objects.filter(customer_id=customer_id).first() or _create_key(customer_id)
    try:
        key = _keyring().unwrap(row.label, bytes(row.wrapped_key))
    except ValueError as error:
        raise Tampered(row.label) from error
    if row.audit_public is None:  # a customer of an older version
        missing = CustomerKey.objects.filter(customer_id=customer_id, audit_public=None)
        missing.update(**_audit_pair(customer_id, key))
    return key


def _audit_pair(customer_id: str, key: bytes) -> dict[str, bytes]:
    pair, nonce = X25519PrivateKey.generate(), os.urandom(12)
    private = _audit_cipher(key).encrypt(nonce, pair.private_bytes_raw(), customer_id.encode())
    return {"audit_public": pair.public_key().public_bytes_raw(), "audit_private": nonce + private}


def _audit_cipher(key: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), _KEY, None, b"audit").derive(key))


def audit_private_key(customer_id: str) -> bytes:
    """The X25519 key with which a customer's audit payloads are read; `Tampered` when there is none."""
    row = CustomerKey.objects.filter(customer_id=customer_id).values_list("audit_private", flat=True).first()
    if row is None:
        raise Tampered(customer_id)
    wrapped = bytes(row)
    try:
        return _audit_cipher(_customer_key(customer_id)).decrypt(wrapped[:12], wrapped[12:], customer_id.encode())
    except InvalidTag as error:
        raise Tampered(customer_id) from error


def discard_key(customer_id: str) -> None:
    """Destroy the key of a customer that did not come to be."""
    destroy_key(customer_id)


def destroy_key(customer_id: str) -> int:
    """Make all that the customer has unreadable for ever, in every backup; returns how many keys went, 0 if none was.

    The HSM's key goes first: a row without its key opens nothing, a key without its row would stay for ever, and open
    what a backup holds. May be killed anywhere and repeated. Other processes may remember the unwrapped key for five
    minutes more. Raises `Outage` without the HSM.
    """
    destroyed = 0
    for row in CustomerKey.objects.filter(customer_id=customer_id):
        _keyring().destroy(row.label)
        row.delete()
        destroyed += 1
    with _unwrapping:
        _unwrapped.pop(customer_id, None)
    return destroyed


def has_key(customer_id: str) -> bool:
    """Whether the customer has a key by which anything of it could be read."""
    return CustomerKey.objects.filter(customer_id=customer_id).exists()


def _create_key(customer_id: str) -> CustomerKey:
    """Made at first use. Of two processes at once one wins; the other's HSM key is destroyed unused.

    Work that was under way when the customer was erased gets none: nobody would ever destroy it. It has `CustomerGone`.
    """
    refuse_closed(customer_id)
    label, key = new_id("dk"), os.urandom(_KEY)
    _keyring().create(label)
    row, created = CustomerKey.objects.get_or_create(
        customer_id=customer_id,
        defaults={"label": label, "wrapped_key": _keyring().wrap(label, key), **_audit_pair(customer_id, key)},
    )
    if not created:
        _keyring().destroy(label)
    return row


def forget_keys() -> None:
    """Drop the unwrapped keys of this process."""
    with _unwrapping:
        _unwrapped.clear()


def write_object(customer_id: str, source: BinaryIO) -> StoredObject:
    """Encrypt `source` into a new object of the customer."""
    name = f"{customer_id}/{new_id('obj')}"
    encrypting = _EncryptingFile(_customer_key(customer_id), name.encode(), source)
    with reaching_storage():
        stored = default_storage.save(name, encrypting)
    if stored != name:  # the name is authenticated, and it is random: it cannot have been taken
        default_storage.delete(stored)
        raise Tampered(name)
    return StoredObject(name, encrypting.plain_size, encrypting.sha256.hexdigest())


def read_object(customer_id: str, name: str) -> Iterator[bytes]:
    """The plain content of an object in parts; raises `Tampered` at the first part that was changed.

    Raises `Outage` when the HSM is away and `NoGrant` before the first part, `NoGrant` later too when the access grant
    of staff ends meanwhile, `StorageAway`, and `FileNotFoundError` when there is none.
    """
    still_allowed = reading.permission_to_read(customer_id)
    return _parts(_customer_key(customer_id), name, still_allowed)


def _parts(key: bytes, name: str, still_allowed: Callable[[], None]) -> Iterator[bytes]:
    with reaching_storage(), default_storage.open(name) as source:
        for part in _decrypted(key, name.encode(), source):
            still_allowed()
            yield part


def copy_object(customer_id: str, name: str, target: Path) -> None:
    """Decrypt an object into the file `target`."""
    with target.open("wb") as file:
        for part in read_object(customer_id, name):
            file.write(part)


def delete_object(name: str) -> None:
    """Remove an object; one that is gone already is no error."""
    with reaching_storage():
        default_storage.delete(name)


def delete_objects(customer_id: str) -> int:
    """Remove every object of the customer, older versions included; returns how many. Raises `StorageAway`."""
    with reaching_storage():
        return delete_folder(default_storage, customer_id)


def objects_left(customer_id: str) -> int:
    """How many objects the customer has in the storage, without any versions of before. Raises `StorageAway`."""
    with reaching_storage():
        return sum(1 for _name in names_in(default_storage, customer_id))


@contextmanager
def reaching_storage() -> Iterator[None]:
    """A disk and S3 fail each in its own way; that an object is not there is no failure of the storage."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, BotoCoreError, ClientError) as error:
        raise StorageAway(_("Our storage could not be reached.")) from error


@contextmanager
def kept_with_its_row(stored: StoredObject) -> Iterator[None]:
    """Delete the object again when the block, which commits the row that names it, fails.

    When the connection broke nobody knows whether the commit happened: then the object stays, because one too many
    can be swept away and one too few cannot be brought back.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except BaseException:
        with suppress(StorageAway):  # one too many can be swept away, too
            delete_object(stored.name)
        raise


def encrypt_text(customer_id: str, context: str, text: str) -> bytes:
    """Encrypt a name under the customer's key. `context` (`table/row/column`) is authenticated with it."""
    nonce = os.urandom(12)
    return nonce + _text_cipher(customer_id).encrypt(nonce, text.encode(), context.encode())


def decrypt_text(customer_id: str, context: str, encrypted: bytes) -> str:
    """The text that `encrypt_text` was given with the same `context`."""
    try:
        return _text_cipher(customer_id).decrypt(encrypted[:12], encrypted[12:], context.encode()).decode()
    except InvalidTag as error:
        raise Tampered(context) from error


def word_indexes(customer_id: str, context: str, words: Iterable[str]) -> list[int]:
    """Keyed digests of many short texts, cut to 64 signed bits, which fit an indexed array: good to find, and rarely
    wrong by chance.
    """
    key = _index_key(customer_id, context)
    return [int.from_bytes(hmac.digest(key, word.encode(), "sha256")[:8], "big", signed=True) for word in words]


def blind_index(customer_id: str, context: str, text: str) -> str:
    """A keyed digest by which equal texts of one customer are found without decrypting (hex); empty for no text."""
    if not text:
        return ""
    return hmac.new(_index_key(customer_id, context), text.encode(), hashlib.sha256).hexdigest()


def _index_key(customer_id: str, context: str) -> bytes:
    return HKDF(hashes.SHA256(), _KEY, None, b"index/" + context.encode()).derive(_customer_key(customer_id))


def _text_cipher(customer_id: str) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), _KEY, None, b"names").derive(_customer_key(customer_id)))


def _object_cipher(key: bytes, salt: bytes, associated: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), _KEY, salt, associated).derive(key))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


class _EncryptingFile(File):  # type: ignore[type-arg]  # generic in the stubs only
    """What a storage reads instead of the plain file; encrypts segment by segment."""

    def __init__(self, key: bytes, associated: bytes, source: BinaryIO) -> None:
        super().__init__(source, name=associated.decode())
        self._source = source
        self.sha256 = hashlib.sha256()
        self.plain_size = 0
        self._parts = self._encrypted(key, associated)
        self._rest = b""

    def seekable(self) -> bool:
        return False

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield from self._parts

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._rest += part
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken

    def _encrypted(self, key: bytes, associated: bytes) -> Iterator[bytes]:
        salt, prefix = os.urandom(_KEY), os.urandom(7)
        cipher = _object_cipher(key, salt, associated)
        yield bytes([_HEADER]) + salt + prefix
        current, number = self._take(SEGMENT - _HEADER - _TAG), 0
        while True:
            following = self._take(SEGMENT - _TAG)
            yield cipher.encrypt(_nonce(prefix, number, last=not following), current, None)
            if not following:
                return
            current, number = following, number + 1

    def _take(self, size: int) -> bytes:
        part = self._source.read(size)
        self.sha256.update(part)
        self.plain_size += len(part)
        return part


def _decrypted(key: bytes, associated: bytes, source: Readable) -> Iterator[bytes]:
    header = source.read(_HEADER)
    if len(header) != _HEADER or header[0] != _HEADER:
        raise Tampered(associated.decode())
    cipher, prefix = _object_cipher(key, header[1 : 1 + _KEY], associated), header[1 + _KEY :]
    current, number = source.read(SEGMENT - _HEADER), 0
    while True:
        following = source.read(SEGMENT)
        try:
            yield cipher.decrypt(_nonce(prefix, number, last=not following), current, None)
        except InvalidTag as error:
            raise Tampered(associated.decode()) from error
        if not following:
            return
        current, number = following, number + 1
