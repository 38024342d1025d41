"""Objects and names are unreadable without the customer's key, and cannot be changed unnoticed."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from hypothesis import given
from hypothesis import strategies as st

from kernel import vault
from kernel.models import CustomerKey
from tests.doubles.tink_reader import decrypt_with_tink

ACME, GLOBEX = "cus_acme", "cus_globex"
FIRST = vault.SEGMENT - 40 - 16  # what fits into the first segment beside header and tag


def read(name: str, customer: str = ACME) -> bytes:
    return b"".join(vault.read_object(customer, name))


@pytest.mark.parametrize("size", [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + vault.SEGMENT - 16, 3_000_003])
def test_an_object_of_any_size_comes_back_and_tink_reads_the_same_bytes(db: None, size: int) -> None:
    plain = bytes(range(256)) * (size // 256) + bytes(size % 256)

    stored = vault.write_object(ACME, io.BytesIO(plain))

    assert stored.size == size
    assert read(stored.name) == plain
    encrypted = default_storage.open(stored.name).read()
    assert decrypt_with_tink(vault._customer_key(ACME), encrypted, stored.name.encode()) == plain


def test_nothing_of_the_plain_content_or_key_is_stored(db: None) -> None:
    stored = vault.write_object(ACME, io.BytesIO(b"the secret contract" * 100))

    assert b"secret" not in default_storage.open(stored.name).read()
    assert vault._customer_key(ACME) not in bytes(CustomerKey.objects.get(customer_id=ACME).wrapped_key)


@pytest.mark.parametrize("damage", ["flip", "cut", "swap", "append", "empty"])
def test_a_changed_object_is_never_returned_whole(db: None, damage: str) -> None:
    stored = vault.write_object(ACME, io.BytesIO(bytes(3 * vault.SEGMENT)))
    content = bytearray(default_storage.open(stored.name).read())
    segment = vault.SEGMENT
    damaged = {
        "flip": bytes(content[:-1]) + bytes([content[-1] ^ 1]),
        "cut": bytes(content[: 2 * segment]),
        "swap": bytes(content[:segment] + content[2 * segment : 3 * segment] + content[segment : 2 * segment]),
        "append": bytes(content) + b"\0",
        "empty": b"",
    }[damage]
    default_storage.delete(stored.name)
    default_storage.save(stored.name, ContentFile(damaged))

    with pytest.raises(vault.Tampered):
        read(stored.name)


def test_another_customers_key_and_another_objects_name_open_nothing(db: None) -> None:
    first = vault.write_object(ACME, io.BytesIO(b"first"))
    second = vault.write_object(ACME, io.BytesIO(b"second"))
    moved = default_storage.open(first.name).read()
    default_storage.delete(second.name)
    default_storage.save(second.name, ContentFile(moved))

    with pytest.raises(vault.Tampered):
        read(first.name, GLOBEX)
    with pytest.raises(vault.Tampered):
        read(second.name)


@given(text=st.text(max_size=300))
def test_a_name_comes_back_only_in_its_own_place(text: str) -> None:
    vault._unwrapped[ACME] = (float("inf"), bytes(32))
    encrypted = vault.encrypt_text(ACME, "document/1/name", text)

    assert vault.decrypt_text(ACME, "document/1/name", encrypted) == text
    with pytest.raises(vault.Tampered):
        vault.decrypt_text(ACME, "document/2/name", encrypted)


def test_an_unwrapped_key_is_forgotten_when_its_time_is_over(db: None) -> None:
    vault._unwrapped["cus_idle"] = (0.0, bytes(32))
    vault.encrypt_text(ACME, "document/1/name", "contract.pdf")

    assert list(vault._unwrapped) == [ACME]


def test_destroying_the_hsm_key_makes_everything_unreadable_even_with_the_database_at_hand(db: None) -> None:
    stored = vault.write_object(ACME, io.BytesIO(b"to be forgotten"))
    vault._keyring().destroy(CustomerKey.objects.get(customer_id=ACME).label)
    vault.forget_keys()

    with pytest.raises(Exception, match=r".") as failure:
        read(stored.name)

    assert "to be forgotten" not in str(failure.value)
    assert CustomerKey.objects.filter(customer_id=ACME).exists()


def test_a_hundred_megabytes_are_never_in_memory_whole(db: None) -> None:
    class Zeros(io.RawIOBase):
        left = 100 * 1024 * 1024

        def read(self, size: int = -1) -> bytes:
            taken = min(size, self.left)
            self.left -= taken
            return bytes(taken)

    vault._customer_key(ACME)
    tracemalloc.start()
    stored = vault.write_object(ACME, Zeros())  # type: ignore[arg-type]  # reads are all it needs
    for _part in vault.read_object(ACME, stored.name):
        pass
    _current, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    vault.delete_object(stored.name)

    assert stored.size == 100 * 1024 * 1024
    assert peak < 12 * 1024 * 1024


def test_a_key_at_hand_is_not_asked_for_during_the_next_minute(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.write_object(ACME, io.BytesIO(b"x"))
    almost_over = vault._unwrapped[ACME][0] - vault._REMEMBER_SECONDS + 30
    vault._unwrapped[ACME] = (almost_over, vault._unwrapped[ACME][1])

    vault.have_key_at_hand(ACME)
    monkeypatch.setattr(vault, "_unwrap", lambda customer_id: pytest.fail("the HSM was asked"))

    vault.have_key_at_hand(ACME)
    vault.encrypt_text(ACME, "document/1/name", "contract.pdf")
