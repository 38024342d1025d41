"""The hardware security module, through PKCS#11.

One process has one session behind one lock: the binding calls `C_Initialize` without locking and releases the
interpreter lock, so a second session in another thread corrupts memory. The session opens on first use, never before
a fork. After any PKCS#11 error nothing of the old session is used again; the next call initialises the module anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

import pkcs11
from asn1crypto.keys import PublicKeyInfo
from django.conf import settings
from django.utils.crypto import salted_hmac
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.mechanisms import GCMParams
from pkcs11.util.ec import encode_ec_public_key, encode_ecdsa_signature, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from kernel.errors import Outage

RSA_BITS = {"rsa-2048": 2048, "rsa-3072": 3072, "rsa-4096": 4096}
EC_CURVES = {"ec-p256": "secp256r1", "ec-p384": "secp384r1"}
KEY_ALGORITHMS = (*RSA_BITS, *EC_CURVES)

# DigestInfo (RFC 8017, 9.2, note 1): the digest is made here, so the HSM sees 51 bytes, not a document.
_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
_EC_BYTES = {"ec-p256": 32, "ec-p384": 48}
_OWNED = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}
_PIN_REFUSED = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked, pkcs11.PinExpired)
_WEDGED_AFTER = 2
_LOGIN_TURN_SECONDS = 30.0

Result = TypeVar("Result")


class HsmUnavailable(Outage):
    """The HSM cannot be used now: token gone, module failed, session lost or PIN refused. Worth another try later."""

    code = "hsm_unavailable"


class HsmKeyMissing(HsmUnavailable):
    """No key with this label. Still an outage: a token that was taken out shows no keys either."""

    code = "hsm_key_missing"


def sign(key_label: str, key_algorithm: str, tbs: bytes, digest_algorithm: str = "sha256") -> bytes:
    """Sign the digest of `tbs` (SHA-256, -384 or -512) with the HSM's key.

    RSA: PKCS#1 v1.5 (RFC 8017, 8.2). EC: ECDSA as a DER `Ecdsa-Sig-Value` (RFC 3279, 2.2.3). Never repeats the
    operation by itself, so that signatures made stay countable. Raises HsmUnavailable.
    """
    digest = hashlib.new(digest_algorithm, tbs).digest()
    if key_algorithm in EC_CURVES:
        leftmost = digest[: _EC_BYTES[key_algorithm]]  # FIPS 186-5, 6.4.1; modules differ in doing it themselves
        raw = _hsm.use(lambda hsm: hsm.private_key(key_label).sign(leftmost, mechanism=Mechanism.ECDSA))
        return bytes(encode_ecdsa_signature(bytes(raw)))
    if key_algorithm not in RSA_BITS:
        raise ValueError(f"Unknown key algorithm {key_algorithm!r}")
    message = _DIGEST_INFO[digest_algorithm] + digest
    return bytes(_hsm.use(lambda hsm: hsm.private_key(key_label).sign(message, mechanism=Mechanism.RSA_PKCS)))


def generate_key_pair(label: str, algorithm: str) -> bytes:
    """Make a sensitive, non-extractable key pair and return its SubjectPublicKeyInfo (DER).

    A label has at most one key: when it exists, its public key is returned. Raises HsmUnavailable.
    """
    if algorithm not in KEY_ALGORITHMS:
        raise ValueError(f"Unknown key algorithm {algorithm!r}")
    return _hsm.use(lambda hsm: _read_public_key(hsm, label) or _generate(hsm, label, algorithm))


def public_key(label: str) -> bytes:
    """The SubjectPublicKeyInfo (DER) of a key. Raises HsmKeyMissing, HsmUnavailable."""
    if key := _hsm.use(lambda hsm: _read_public_key(hsm, label)):
        return key
    raise HsmKeyMissing(f"The HSM has no key {label}.")


def key_exists(label: str) -> bool:
    """Whether any key object carries this label. Raises HsmUnavailable."""
    return bool(_hsm.use(lambda hsm: hsm.objects(label)))


def destroy_key(label: str) -> None:
    """Destroy every key object with this label; nothing happens when there is none. Raises HsmUnavailable."""

    def destroy(hsm: _Session) -> None:
        hsm.keys.pop(label, None)
        for found in hsm.objects(label):
            found.destroy()

    _hsm.use(destroy)


def generate_data_key(label: str) -> None:
    """Make a sensitive, non-extractable AES-256 key, unless the label has one. Raises HsmUnavailable."""

    def generate(hsm: _Session) -> None:
        if not hsm.objects(label):
            capabilities = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
            hsm.session.generate_key(
                KeyType.AES, 256, label=label, store=True, capabilities=capabilities, template=_OWNED
            )

    _hsm.use(generate)


def encrypt(label: str, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """AES-256-GCM inside the HSM (NIST SP 800-38D): ciphertext and 16-byte tag. `nonce`: 12 bytes, never used twice."""
    parameters = GCMParams(nonce, aad)
    return bytes(
        _hsm.use(
            lambda hsm: hsm.secret_key(label).encrypt(
                plaintext, mechanism=Mechanism.AES_GCM, mechanism_param=parameters
            )
        )
    )


def decrypt(label: str, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """The inverse of `encrypt`. A tag that does not match is HsmUnavailable too: modules report it as any error."""
    parameters = GCMParams(nonce, aad)
    return bytes(
        _hsm.use(
            lambda hsm: hsm.secret_key(label).decrypt(
                ciphertext, mechanism=Mechanism.AES_GCM, mechanism_param=parameters
            )
        )
    )


def must_end_process() -> bool:
    """Whether this process should end: the module failed repeatedly, and some only recover in a new process."""
    return _hsm.failures >= _WEDGED_AFTER


def close() -> None:
    """Forget the session; the next call opens another one."""
    with _hsm.lock:
        _hsm.drop()


class _Session:
    """A logged-in session with the key handles found through it."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.keys: dict[str, Any] = {}

    def private_key(self, label: str) -> Any:
        return self._key(label, ObjectClass.PRIVATE_KEY)

    def secret_key(self, label: str) -> Any:
        return self._key(label, ObjectClass.SECRET_KEY)

    def objects(self, label: str) -> list[Any]:
        return list(self.session.get_objects({Attribute.LABEL: label}))

    def _key(self, label: str, object_class: ObjectClass) -> Any:
        key = self.keys.get(label)
        if key is None:
            key = self.keys[label] = self.session.get_key(object_class=object_class, label=label)
        return key


class _Hsm:
    """The process's only way to the module."""

    def __init__(self) -> None:
        self.begin_process()
        self.initialised = False

    def begin_process(self) -> None:
        """Start afresh; also in a forked child, where the lock may be held by a thread that does not exist."""
        self.lock = threading.Lock()
        self.opened: _Session | None = None
        self.failures = 0

    def drop(self) -> None:
        self.opened = None

    def use(self, operation: Callable[[_Session], Result]) -> Result:
        with self.lock:
            try:
                if self.opened is None:
                    self.opened = self._open()
                result = operation(self.opened)
            except pkcs11.NoSuchKey as error:
                self.drop()
                raise HsmKeyMissing("The HSM does not show the key; the token may be out.") from error
            except pkcs11.PKCS11Error as error:
                self.drop()
                self.failures += 1
                raise HsmUnavailable(f"The HSM failed ({type(error).__name__}).") from error
            self.failures = 0
            return result

    def _open(self) -> _Session:
        with _one_login_at_a_time() as refused_pin:
            pin = salted_hmac("trust.hsm.pin", f"{settings.PKCS11_TOKEN}:{settings.PKCS11_PIN}").hexdigest()
            if refused_pin.exists() and refused_pin.read_text() == pin:
                raise HsmUnavailable(f"The HSM refused the PIN: correct PKCS11_PIN, or delete {refused_pin} to retry.")
            library = pkcs11.lib(settings.PKCS11_MODULE)
            if self.initialised:
                library.reinitialize()
            self.initialised = True
            token = library.get_token(token_label=settings.PKCS11_TOKEN)
            try:
                return _Session(token.open(rw=True, user_pin=settings.PKCS11_PIN))
            except _PIN_REFUSED as error:
                # A second try in this or any other worker could lock the token for good.
                refused_pin.write_text(pin)
                raise HsmUnavailable("The HSM refused the PIN; it is not tried again.") from error


@contextmanager
def _one_login_at_a_time() -> Iterator[Path]:
    """Hold the login lock of this installation: simultaneous SoftHSM logins fail. Yields the refused-PIN marker."""
    folder = Path(settings.VAR_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "hsm-login.lock").open("w") as lock:
        deadline = time.monotonic() + _LOGIN_TURN_SECONDS
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise HsmUnavailable("Another process hangs while it logs in to the HSM.")
            time.sleep(0.01)
        yield folder / "hsm-pin-refused"


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _generate(hsm: _Session, label: str, algorithm: str) -> bytes:
    options: dict[str, Any] = {
        "store": True,
        "label": label,
        "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
        "private_template": _OWNED,
    }
    if algorithm in RSA_BITS:
        hsm.session.generate_keypair(KeyType.RSA, RSA_BITS[algorithm], **options)
    else:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(EC_CURVES[algorithm])}
        hsm.session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(**options)
    return _read_public_key(hsm, label)


def _read_public_key(hsm: _Session, label: str) -> bytes:
    """The public key's DER, or nothing when the label has no key pair."""
    found = [key for key in hsm.objects(label) if key.object_class is ObjectClass.PUBLIC_KEY]
    if not found:
        return b""
    if found[0].key_type is KeyType.EC:
        return bytes(encode_ec_public_key(found[0]))
    key = PublicKeyInfo.wrap(encode_rsa_public_key(found[0]), "rsa")
    return bytes(key.dump())


_hsm = _Hsm()
os.register_at_fork(after_in_child=_hsm.begin_process)
