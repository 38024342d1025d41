"""The HSM as processes meet it: forks, crowds, a token that comes and goes, a wrong PIN."""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.conf import settings
from django.test import override_settings

from kernel.ids import new_id
from tests.waiting import wait_for
from trust.gateways import hsm
from trust.gateways.data_keys import HsmDataKeys, WrappedSecretInvalid


@pytest.fixture
def label() -> Iterator[str]:
    name = new_id("key")
    yield name
    hsm.destroy_key(name)


def begin_in_child(work: Callable[[], Any]) -> Callable[[], Any]:
    """Run `work` in a forked child; the returned function waits for its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            outcome = work()
        except BaseException as error:  # noqa: BLE001 - the parent judges it
            outcome = error
        os.write(writing, pickle.dumps(outcome))
        os._exit(0)
    os.close(writing)

    def result() -> Any:
        with os.fdopen(reading, "rb") as pipe:
            sent = pipe.read()
        _pid, status = os.waitpid(child, 0)
        assert status == 0, "the child crashed"
        outcome = pickle.loads(sent)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return result


def in_child(work: Callable[[], Any]) -> Any:
    return begin_in_child(work)()


HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


def signs(label: str, public_key: bytes, algorithm: str = "ec-p256", digest: str = "sha256") -> bool:
    signature, key = hsm.sign(label, algorithm, b"text", digest), load_der_public_key(public_key)
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, b"text", padding.PKCS1v15(), HASHES[digest])
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(signature, b"text", ec.ECDSA(HASHES[digest]))
    return True


@pytest.mark.parametrize("algorithm", hsm.KEY_ALGORITHMS)
def test_a_key_of_every_algorithm_signs_and_cannot_be_taken_out(label: str, algorithm: str) -> None:
    assert not hsm.key_exists(label)
    public_key = hsm.generate_key_pair(label, algorithm)
    assert hsm.generate_key_pair(label, algorithm) == public_key == hsm.public_key(label)
    assert all(signs(label, public_key, algorithm, digest) for digest in HASHES)

    from pkcs11 import Attribute

    private = hsm._hsm.use(lambda session: session.private_key(label))
    assert private[Attribute.SENSITIVE]
    assert not private[Attribute.EXTRACTABLE]

    hsm.destroy_key(label)
    hsm.destroy_key(label)
    assert not hsm.key_exists(label)
    with pytest.raises(hsm.HsmKeyMissing):
        hsm.sign(label, algorithm, b"text")
    with pytest.raises(hsm.HsmKeyMissing):
        hsm.public_key(label)


def test_a_forked_child_signs_and_so_does_its_parent_afterwards(label: str) -> None:
    public_key = hsm.generate_key_pair(label, "ec-p256")
    assert signs(label, public_key)
    assert in_child(lambda: signs(label, public_key) and in_child(lambda: signs(label, public_key)))
    assert signs(label, public_key)


def test_a_child_forked_while_a_thread_signs_is_not_stuck(label: str) -> None:
    public_key = hsm.generate_key_pair(label, "ec-p256")
    entered, leave = threading.Event(), threading.Event()

    def hold(_session: object) -> None:
        entered.set()
        leave.wait()

    holder = threading.Thread(target=hsm._hsm.use, args=(hold,))
    holder.start()
    entered.wait()
    try:
        assert in_child(lambda: signs(label, public_key))
    finally:
        leave.set()
        holder.join()


def test_eight_processes_log_in_at_once(label: str) -> None:
    public_key = hsm.generate_key_pair(label, "ec-p256")
    for _round in range(3):
        waiting = [begin_in_child(lambda: signs(label, public_key)) for _child in range(8)]
        assert all(result() for result in waiting)


def test_threads_of_one_process_sign_without_corrupting_each_other(label: str) -> None:
    public_key = hsm.generate_key_pair(label, "rsa-2048")
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: signs(label, public_key, "rsa-2048"), range(200)))


def test_a_key_made_by_another_process_is_found_in_an_open_session(label: str) -> None:
    hsm.key_exists(label)
    public_key = in_child(lambda: hsm.generate_key_pair(label, "ec-p256"))
    assert signs(label, public_key)


def copied(token: Path, target: Path) -> bool:
    """Whether a copy was made; another worker's tests may take a key away meanwhile."""
    try:
        shutil.copytree(token, target)
    except shutil.Error:
        shutil.rmtree(target)
        return False
    return True


@contextmanager
def own_token(folder: Path) -> Iterator[Path]:
    """A copy of the token for this process alone; only for forked children. Yields its folder."""
    original = Path(os.environ["SOFTHSM2_CONF"])
    tokens = folder / "tokens"
    wait_for(lambda: copied(original.parent / "tokens", tokens), "a copy of the token is whole")
    configuration = folder / "softhsm2.conf"
    configuration.write_text(original.read_text().replace(str(original.parent / "tokens"), str(tokens)))
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    with override_settings(VAR_DIR=folder):
        yield tokens


def test_a_token_that_was_taken_out_is_an_outage_until_it_is_back(label: str, tmp_path: Path) -> None:
    public_key = hsm.generate_key_pair(label, "ec-p256")

    def scenario() -> list[object]:
        seen: list[object] = []
        with own_token(tmp_path) as tokens:
            seen.append(signs(label, public_key))
            tokens.rename(tmp_path / "gone")
            for _attempt in range(3):
                with pytest.raises(hsm.HsmUnavailable):
                    hsm.sign(label, "ec-p256", b"text")
            seen.append(hsm.must_end_process())
            (tmp_path / "gone").rename(tokens)
            seen += [signs(label, public_key), hsm.must_end_process()]
        return seen

    assert in_child(scenario) == [True, True, True, False]


def test_a_refused_pin_is_never_tried_twice_by_any_process(label: str, tmp_path: Path) -> None:
    public_key = hsm.generate_key_pair(label, "ec-p256")
    pin = settings.PKCS11_PIN

    def refusal() -> str:
        with pytest.raises(hsm.HsmUnavailable) as refused:
            hsm.sign(label, "ec-p256", b"text")
        return str(refused.value.detail)

    def scenario() -> list[str]:
        with own_token(tmp_path), override_settings(PKCS11_PIN="not the PIN"):
            return [refusal(), refusal(), in_child(refusal), str(hsm.must_end_process())]

    first, second, third, must_end = in_child(scenario)
    assert "not tried again" in first
    assert second == third
    assert "PKCS11_PIN" in second
    assert must_end == "False"

    def corrected() -> bool:
        with override_settings(VAR_DIR=tmp_path, PKCS11_PIN=pin):
            return signs(label, public_key)

    assert in_child(corrected)


def test_a_process_that_hangs_while_it_logs_in_does_not_hang_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hsm, "_LOGIN_TURN_SECONDS", 0.1)

    def scenario() -> str:
        hsm.close()
        with override_settings(VAR_DIR=tmp_path), (tmp_path / "hsm-login.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(hsm.HsmUnavailable) as outage:
                hsm.key_exists("any")
        return str(outage.value.detail)

    assert "Another process hangs" in in_child(scenario)


def test_a_module_that_cannot_be_loaded_is_an_outage() -> None:
    def scenario() -> str:
        hsm.close()
        with override_settings(PKCS11_MODULE="/nowhere/libhsm.so"), pytest.raises(hsm.HsmUnavailable) as outage:
            hsm.key_exists("any")
        return outage.value.code

    assert in_child(scenario) == "hsm_unavailable"


@pytest.fixture
def data_key() -> Iterator[str]:
    name = new_id("dk")
    HsmDataKeys().create(name)
    yield name
    HsmDataKeys().destroy(name)


@pytest.mark.parametrize("secret", [b"", b"k" * 32, bytes(4096)])
def test_a_wrapped_secret_comes_back_and_looks_different_every_time(data_key: str, secret: bytes) -> None:
    keys = HsmDataKeys()
    wrapped = keys.wrap(data_key, secret)
    keys.create(data_key)
    assert keys.unwrap(data_key, wrapped) == secret
    assert keys.wrap(data_key, secret) != wrapped
    assert secret == b"" or secret not in wrapped


def test_a_secret_that_was_changed_or_moved_is_not_unwrapped(data_key: str) -> None:
    keys, other = HsmDataKeys(), new_id("dk")
    keys.create(other)
    wrapped = keys.wrap(data_key, b"secret")
    for position in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        with pytest.raises(WrappedSecretInvalid):
            keys.unwrap(data_key, bytes(changed))
    for broken in (b"", wrapped[:-1], wrapped[:20]):
        with pytest.raises(WrappedSecretInvalid):
            keys.unwrap(data_key, broken)
    with pytest.raises(WrappedSecretInvalid):
        keys.unwrap(other, wrapped)
    assert keys.unwrap(data_key, wrapped) == b"secret"
    keys.destroy(other)


def test_what_a_destroyed_key_wrapped_can_never_be_read_again(data_key: str) -> None:
    keys = HsmDataKeys()
    wrapped = keys.wrap(data_key, b"secret")
    keys.destroy(data_key)
    keys.destroy(data_key)
    with pytest.raises(hsm.HsmKeyMissing):
        keys.unwrap(data_key, wrapped)
    keys.create(data_key)
    with pytest.raises(WrappedSecretInvalid):
        keys.unwrap(data_key, wrapped)
