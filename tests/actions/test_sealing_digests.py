"""Detached seals: the document stays with its owner, or at least is not kept."""

from __future__ import annotations

import hashlib
import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.files.storage import default_storage

from kernel import clock, idempotency, runner
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import InvalidInput
from kernel.models import AuditEntry
from kernel.tenancy.context import customer_schema
from sealing.actions.accept_document import Accepted, NewDigest, NewDocument, accept_document
from sealing.formats.signed_cms import parse_signed_cms
from sealing.models import Document
from sealing.queries import seals as queries
from sealing.rules.requests import SealRequest
from tests.actions.test_sealing import content, outcome, used
from tests.cast import Cast
from trust.gateways.chains import trust_anchors

CONTENT = b"a film, a drawing, a database\r\n\x00"


def accept(
    actor: Actor, what: NewDigest | list[NewDocument], *, live: bool = True, key: str | None = None, **asked: Any
) -> Accepted:
    with customer_schema(actor.customer):
        return accept_document(
            actor=actor,
            documents=what,
            request=SealRequest(**asked),
            live=live,
            idempotency_key=key,
            now=clock.now(),
        )


def digest_of(body: bytes = CONTENT, algorithm: str = "sha256", name: str = "film.mkv") -> NewDigest:
    return NewDigest(name, algorithm, hashlib.new(algorithm, body).digest())


def assert_openssl_verifies(cms: bytes, body: bytes, folder: Path, *, live: bool = True) -> None:
    (folder / "seal.p7s").write_bytes(cms)
    (folder / "content").write_bytes(body)
    roots = (x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in trust_anchors(live=live))
    (folder / "roots.pem").write_bytes(b"".join(roots))
    command = "openssl cms -verify -binary -inform DER -in seal.p7s -content content -CAfile roots.pem -purpose any"
    said = subprocess.run(
        [*command.split(), "-out", "verified"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert (folder / "verified").read_bytes() == body


def stored_objects(actor: Actor) -> set[str]:
    try:
        return set(default_storage.listdir(actor.customer)[1])
    except FileNotFoundError:
        return set()


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_a_digest_comes_back_as_a_detached_seal_that_openssl_verifies(
    sealing_cast: Cast, tmp_path: Path, level: str, algorithm: str
) -> None:
    alice = sealing_cast.alice
    before = stored_objects(alice.actor)

    accepted = accept(alice.actor, digest_of(algorithm=algorithm), level=level)
    assert stored_objects(alice.actor) == before
    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    assert (seal.status, seal.format, seal.level, seal.failure) == ("sealed", "cades", level, None)
    (document,) = seal.documents
    assert (document.name, document.size, document.kept) == ("film.mkv", None, False)
    assert (document.digest_algorithm, document.digest) == (algorithm, hashlib.new(algorithm, CONTENT).hexdigest())
    assert (seal.billable, used(alice)) == (True, 1)
    with customer_schema(alice.customer.id):
        sealed = queries.sealed_content(alice.actor, accepted.seal_id)
    assert (sealed.name, sealed.media_type) == ("film.mkv.p7s", "application/pkcs7-signature")
    cms = content(alice.actor, accepted.seal_id)
    assert bool(parse_signed_cms(cms).ocsps) == (level == "B-LT")
    assert_openssl_verifies(cms, CONTENT, tmp_path)


@pytest.mark.parametrize("name", ["film.mkv", "contract.pdf"])
def test_a_file_sealed_beside_itself_is_not_kept(sealing_cast: Cast, tmp_path: Path, name: str) -> None:
    alice = sealing_cast.alice
    before = stored_objects(alice.actor)

    accepted = accept(alice.actor, [NewDocument(name, io.BytesIO(CONTENT))], format="cades")
    assert stored_objects(alice.actor) == before
    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    assert (seal.status, seal.documents[0].size, seal.documents[0].kept) == ("sealed", len(CONTENT), False)
    assert_openssl_verifies(content(alice.actor, accepted.seal_id), CONTENT, tmp_path)


def test_what_is_recorded_of_a_digest_is_the_digest_and_an_encrypted_name(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    accepted = accept(alice.actor, digest_of(algorithm="sha512", name="merger-plan.docx"))

    with customer_schema(alice.customer.id):
        row = Document.objects.get()
        entry = AuditEntry.objects.get(action="seal.accepted", subject=accepted.seal_id)
    assert (row.object_name, row.size, row.digest_algorithm) == (None, None, "sha512")
    assert b"merger" not in bytes(row.encrypted_name)
    assert payload_of(entry).details["documents"] == [{"sha512": hashlib.sha512(CONTENT).hexdigest(), "size": None}]


def test_a_test_digest_is_free(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    accepted = accept(alice.actor, digest_of(), live=False)
    runner.drain()

    assert outcome(alice.actor, accepted.seal_id).billable is False
    assert used(alice) == 0


def test_a_digest_for_a_pdf_comes_back_without_signing_time(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice.actor
    for_pdf = accept(alice, digest_of(name="contract.pdf"), format="pades", level="B-T")
    for_file = accept(alice, digest_of(name="contract.pdf"), format="cades", level="B-T")
    runner.drain()

    assert parse_signed_cms(content(alice, for_pdf.seal_id)).signing_time is None
    assert parse_signed_cms(content(alice, for_file.seal_id)).signing_time is not None
    assert outcome(alice, for_pdf.seal_id).result_media_type == "application/pkcs7-signature"


def test_the_same_key_is_the_same_digest_algorithm_and_name(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice.actor
    first = accept(alice, digest_of(), key="order-7")

    assert accept(alice, digest_of(), key="order-7") == Accepted(first.seal_id, replayed=True)
    others: list[NewDigest | list[NewDocument]] = [
        digest_of(CONTENT + b"\n"),
        digest_of(algorithm="sha512"),
        digest_of(name="other.mkv"),
        [NewDocument("film.mkv", io.BytesIO(CONTENT))],
    ]
    for other in others:
        with pytest.raises(idempotency.IdempotencyKeyReused):
            accept(alice, other, key="order-7")


@pytest.mark.parametrize(
    ("digest", "asked", "faults"),
    [
        (("sha256", 31), {}, [("/digest/value", "digest_length")]),
        (("sha256", 33), {}, [("/digest/value", "digest_length")]),
        (("sha384", 32), {}, [("/digest/value", "digest_length")]),
        (("sha512", 48), {}, [("/digest/value", "digest_length")]),
        (("sha256", 0), {}, [("/digest/value", "digest_length")]),
        (("md5", 16), {}, [("/digest/algorithm", "digest_algorithm_unknown")]),
        (("SHA256", 32), {}, [("/digest/algorithm", "digest_algorithm_unknown")]),
        (("", 32), {}, [("/digest/algorithm", "digest_algorithm_unknown")]),
        (("sha256", 32), {"format": "asice"}, [("/format", "format_needs_document")]),
        (("sha256", 32), {"format": "pades"}, [("/level", "level_needs_document")]),
        (("sha256", 32), {"format": "pades", "level": "B-LTA"}, [("/level", "level_needs_document")]),
        (("sha384", 48), {"level": "B-LTA"}, [("/level", "level_needs_sha256")]),
        (("sha256", 32), {"container": "edoc"}, [("/container", "no_container")]),
        (("sha256", 32), {"reason": "Approved"}, [("/reason", "pdf_only")]),
        (("sha256", 32), {"format": "xades"}, [("/format", "format_unknown")]),
    ],
)
def test_a_digest_that_does_not_fit_is_refused_with_its_reason(
    sealing_cast: Cast, digest: tuple[str, int], asked: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        accept(sealing_cast.alice.actor, NewDigest("", digest[0], bytes(digest[1])), **asked)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == faults


def test_one_file_beside_one_seal(sealing_cast: Cast) -> None:
    two = [NewDocument(name, io.BytesIO(b"x")) for name in ("a.txt", "b.txt")]
    with pytest.raises(InvalidInput) as refusal:
        accept(sealing_cast.alice.actor, two, format="cades")
    assert [error.code for error in refusal.value.errors] == ["one_document_only"]


def test_a_detached_seal_that_does_not_pass_the_gate_reaches_nobody(
    sealing_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sealing.gateways import engine

    honest = engine.seal_digest
    monkeypatch.setattr(engine, "seal_digest", lambda **asked: honest(**asked | {"digest": bytes(32)}))
    alice = sealing_cast.alice
    accepted = accept(alice.actor, digest_of())
    runner.drain()

    seal = outcome(alice.actor, accepted.seal_id)
    assert (seal.status, seal.failure and seal.failure[0]) == ("refused", "seal_check_failed")
    assert used(alice) == 0
