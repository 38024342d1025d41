"""Data keys in the HSM: one AES-256 key a label, which never leaves it and wraps short secrets.

Destroying the key makes everything wrapped under it unreadable at once, in every backup too.
"""

from __future__ import annotations

import os

from trust.gateways import hsm

_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16


class WrappedSecretInvalid(ValueError):
    """The bytes were not wrapped under this label's present key, or were changed. Trying again does not help."""


class HsmDataKeys:
    """`kernel.vault.DataKeyring` in the HSM.

    A wrapped secret is version byte 1, 12-byte random nonce, AES-256-GCM ciphertext and 16-byte tag, with the label as
    associated data, so that a secret cannot be moved under another label. Random nonces are sound for 2**32 secrets a
    key (NIST SP 800-38D, 8.3). Methods raise `hsm.HsmUnavailable` (an outage) when the HSM cannot be used.
    """

    def create(self, label: str) -> None:
        """Make the key of a label; nothing happens when it exists."""
        hsm.generate_data_key(label)

    def wrap(self, label: str, plaintext: bytes) -> bytes:
        """Encrypt a short secret under the label's key."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + hsm.encrypt(label, nonce, plaintext, label.encode())

    def unwrap(self, label: str, wrapped: bytes) -> bytes:
        """Decrypt a secret. Raises WrappedSecretInvalid; HsmKeyMissing when the key was destroyed."""
        if wrapped[:1] != _VERSION or len(wrapped) < 1 + _NONCE_BYTES + _TAG_BYTES:
            raise WrappedSecretInvalid("Not a wrapped secret.")
        nonce, ciphertext = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        try:
            return hsm.decrypt(label, nonce, ciphertext, label.encode())
        except hsm.HsmKeyMissing:
            raise
        except hsm.HsmUnavailable as failure:
            # Modules report a wrong tag as a general failure: a key that still works tells the two apart.
            probe = os.urandom(_NONCE_BYTES)
            if hsm.decrypt(label, probe, hsm.encrypt(label, probe, b"", b"probe"), b"probe") == b"":
                raise WrappedSecretInvalid("Changed, or wrapped under another key.") from failure
            raise

    def destroy(self, label: str) -> None:
        """Destroy the key of a label; nothing happens when there is none."""
        hsm.destroy_key(label)
