"""Anybody's PDF gets one of three verdicts: our own seals pass, and no kind of tampering does."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, tsp, x509
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from sealing.formats.keys import ValidationMaterial
from sealing.formats.pades import PdfSealOptions, seal_pdf
from sealing.formats.sandbox import Sandbox, SandboxLimits
from sealing.formats.verification.engine import verify_file
from sealing.formats.verification.findings import Verification, from_message, to_message
from sealing.formats.verification.trust import Anchors
from sealing.formats.verification.words import ANSWERS, CHANGES, FAILED, INDETERMINATE, INDICATIONS, PASSED, worst
from tests.formats.documents import document_of_size, pdf
from tests.formats.pki import DAY, Entity, Pki, answer, build_pki, issue, revocation_list, timestamp_token


def verify(content: bytes, pki: Pki, *, now: datetime | None = None, test: bool = False) -> Verification:
    anchors = Anchors((), pki.anchors) if test else Anchors(pki.anchors, ())
    return verify_file(io.BytesIO(content), anchors, now or pki.now + timedelta(minutes=5))


@pytest.fixture
def sealed(seal) -> bytes:
    return seal(document_of_size(10_000)).path.read_bytes()


def signature_span(content: bytes) -> tuple[int, int]:
    """Where the last signature value lies, with its angle brackets."""
    start = content.rindex(b"/Contents <") + len(b"/Contents ")
    return start, content.index(b">", start) + 1


@pytest.mark.parametrize("algorithm", ["rsa-2048", "rsa-3072", "ec-p256", "ec-p384"])
def test_a_seal_of_ours_passes_and_tells_who_when_and_at_which_level(seal, pki, algorithm):
    content = seal(document_of_size(10_000), algorithm=algorithm).path.read_bytes()
    found = verify(content, pki)
    assert (found.code, found.test) == ("passed", False)
    assert (found.size, found.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    (one,) = found.signatures
    assert (one.kind, one.format, one.level, one.changes) == ("signature", "PAdES", "B-LT", "none")
    assert one.signer.name == f"Seal {algorithm}"
    assert one.proven_at == pki.now
    assert one.covers_everything
    assert one.permits == 1
    assert (one.timestamp.code, one.timestamp.authority.name) == ("passed", "Time authority")
    assert [subject.split("CN=")[1].split(",")[0] for subject in one.path] == [
        f"Seal {algorithm}",
        "Seal issuer",
        "Root",
    ]


def test_a_seal_that_leads_to_a_test_root_passes_as_a_test(sealed, pki):
    found = verify(sealed, pki, test=True)
    assert (found.code, found.test) == ("passed", True)


def test_without_an_anchor_nothing_is_trusted(sealed, pki):
    found = verify_file(io.BytesIO(sealed), Anchors((), ()), pki.now)
    assert found.code == "untrusted"
    assert found.signatures[0].level == "B-LT"


def test_a_seal_of_level_b_t_does_not_carry_the_proof_that_nothing_was_revoked(seal, pki):
    found = verify(seal(pdf(), level="B-T").path.read_bytes(), pki)
    assert (found.code, found.signatures[0].level) == ("revocation_unknown", "B-T")
    assert ANSWERS[found.code].sub_indication == "TRY_LATER"


def test_a_seal_still_passes_when_its_certificate_has_expired_and_no_longer_when_the_timestamps_has(sealed, pki):
    assert verify(sealed, pki, now=pki.now + 400 * DAY).code == "passed"
    assert verify(sealed, pki, now=pki.now + 1790 * DAY).code == "passed"
    late = verify(sealed, pki, now=pki.now + 1800 * DAY)
    assert (late.code, late.signatures[0].timestamp.code) == ("expired", "expired")


class Stamper(TimeStamper):
    """pyHanko's interface to a timestamp authority, answered by the throw-away one at any time asked for."""

    def __init__(self, pki: Pki, authority: Entity, at: datetime) -> None:
        super().__init__()
        self.pki, self.authority, self.at = pki, authority, at

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        imprint = req["message_imprint"]["hashed_message"].native
        token = cms.ContentInfo.load(timestamp_token(self.authority, imprint, self.at, nonce=req["nonce"].native))
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})


def archived(content: bytes, pki: Pki, authority: Entity, at: datetime) -> bytes:
    """The file with its authorities' proof and a document timestamp added, as an archive does."""
    reader = PdfFileReader(io.BytesIO(content))
    fresh = pki.material(at=at)
    responder = answer(authority, pki.time_issuer, pki.time_responder, at)
    out = io.BytesIO(content)
    certificates = [*fresh.certificates, authority.der]
    DocumentSecurityStore.add_dss(
        out,
        None,
        certs=[x509.Certificate.load(der) for der in certificates],
        ocsps=[asn1_ocsp.OCSPResponse.load(der) for der in (*fresh.ocsps, responder)],
        crls=[asn1_crl.CertificateList.load(der) for der in fresh.crls],
    )
    assert reader.total_revisions < PdfFileReader(out).total_revisions
    PdfTimeStamper(Stamper(pki, authority, at)).timestamp_pdf(
        IncrementalPdfFileWriter(out), "sha256", validation_context=None, in_place=True
    )
    return out.getvalue()


def test_an_archive_timestamp_proves_a_seal_beyond_the_life_of_its_own_timestamp(seal, pki):
    younger = issue(
        "Younger authority",
        issuer=pki.time_issuer,
        now=pki.now + 900 * DAY,
        usage=ExtendedKeyUsageOID.TIME_STAMPING,
        lifetime=1825 * DAY,
    )
    plain = seal(pdf(), certify=False).path.read_bytes()
    content = archived(plain, pki, younger, pki.now + 900 * DAY)
    late = pki.now + 2000 * DAY
    assert verify(plain, pki, now=late).code == "expired"
    found = verify(content, pki, now=late)
    assert [(each.kind, each.code, each.level) for each in found.signatures] == [
        ("signature", "passed", "B-LTA"),
        ("timestamp", "passed", ""),
    ]
    assert found.signatures[0].proven_at == pki.now
    assert verify(content, pki, now=pki.now + 3000 * DAY).code == "expired"


def test_what_only_an_archive_timestamp_for_tests_still_proves_is_a_test(seal, pki):
    tests = build_pki(pki.now)
    at = pki.now + 900 * DAY
    usage = ExtendedKeyUsageOID.TIME_STAMPING
    younger = issue("TEST", issuer=tests.time_issuer, now=at, usage=usage, lifetime=1825 * DAY)
    content = archived(seal(pdf(), certify=False).path.read_bytes(), tests, younger, at)
    found = verify_file(io.BytesIO(content), Anchors(pki.anchors, tests.anchors), pki.now + 2000 * DAY)
    assert [(each.code, each.test) for each in found.signatures] == [("passed", True), ("passed", True)]
    assert [len(each.issuers) for each in found.signatures] == [2, 2]
    assert from_message(to_message(found)) == found


def test_two_seals_pass_and_the_first_is_told_to_have_one_after_it(seal, pki):
    first = seal(pdf(), certify=False)
    second = seal(first.path, certify=False, algorithm="ec-p256")
    found = verify(second.path.read_bytes(), pki)
    assert [each.code for each in found.signatures] == ["passed", "passed"]
    assert [each.changes for each in found.signatures] == ["form", "none"]
    assert [each.covers_everything for each in found.signatures] == [False, True]


def test_a_document_without_a_signature_has_none_and_a_text_is_not_supported(pki):
    assert verify(pdf(), pki).code == "no_signature"
    assert verify(b"plain text", pki).code == "format_not_supported"
    assert verify(b"", pki).code == "format_not_supported"
    assert verify(b"PK\x03\x04mimetypeapplication/vnd.etsi.asic-e+zip", pki).code == "unreadable"


# --- Tampering -----------------------------------------------------------------------------------------------------


def test_no_bit_that_was_signed_can_change_and_still_pass(sealed, pki):
    start, end = signature_span(sealed)
    chance = random.Random(11)
    for position in chance.sample([*range(start), *range(end, len(sealed))], 120):
        altered = bytearray(sealed)
        altered[position] ^= 1 << chance.randrange(8)
        found = verify(bytes(altered), pki)
        assert found.code != "passed", position


def test_changed_content_is_a_hash_failure(sealed, pki):
    altered = sealed.replace(b"quick brown fox", b"quick green fox", 1)
    found = verify(altered, pki)
    assert found.code == "changed_content"
    assert ANSWERS[found.code].indication == FAILED


def test_a_changed_signature_value_is_a_cryptographic_failure(sealed, pki):
    cms = bytes.fromhex(sealed[slice(*signature_span(sealed))][1:-1].decode())
    value = verify(sealed, pki).signatures[0].signature_value
    altered = cms.replace(value, value[:-1] + bytes((value[-1] ^ 1,)), 1)
    found = verify(sealed.replace(cms.hex().encode(), altered.hex().encode()), pki)
    assert found.code == "wrong_signature_value"


def appended(content: bytes, body: bytes, number: int) -> bytes:
    """An incremental update that replaces one object."""
    previous = content.rindex(b"startxref") + len(b"startxref")
    start = len(content)
    update = b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = int(content[content.rindex(b"/Size") + 5 :].split(b"/")[0].split(b">")[0])
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, start)
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        int(content[previous:].split()[0]),
        start + len(update),
    )
    return content + update + table + trailer


def test_content_replaced_by_an_update_is_a_change_after_signing(seal, pki):
    content = seal(pdf(), certify=False).path.read_bytes()
    attacked = appended(content, b"<</Length 12>>\nstream\n9 9 99 99 re\nendstream", 4)
    found = verify(attacked, pki)
    assert (found.code, found.signatures[0].changes) == ("changed_afterwards", "forbidden")
    assert ANSWERS[found.code].indication == FAILED


@pytest.mark.parametrize(
    "attack",
    [
        lambda content: content.replace(b"/ByteRange [0", b"/ByteRange [1", 1),
        lambda content: content.replace(b"/ByteRange", b"/Bytetange", 1),
        lambda content: content + b"\n" * 50 + b"%more",
        lambda content: content[: len(content) // 2],
    ],
    ids=["starts later", "no byte range", "bytes appended", "truncated"],
)
def test_a_signature_that_does_not_cover_the_file_does_not_pass(sealed, pki, attack: Callable[[bytes], bytes]):
    assert verify(attack(sealed), pki).code != "passed"


def test_a_signature_wrapped_into_another_document_does_not_pass(sealed, pki):
    """The signed bytes stay where they are, and a new revision leads readers to other pages."""
    start, end = signature_span(sealed)
    numbers = sealed[sealed.rindex(b"/ByteRange [") + 12 :].split(b"]")[0]
    value = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[%s]/Contents %s>>" % (
        numbers,
        sealed[start:end],
    )
    field_value = sealed[: sealed.rindex(b"/ByteRange")].rindex(b" 0 obj")
    number = int(sealed[:field_value].split()[-1])
    found = verify(appended(appended(sealed, value, number), b"<</Length 3>>\nstream\nq Q\nendstream", 4), pki)
    assert found.code == "wrong_byte_range"
    assert ANSWERS[found.code].indication == FAILED


def with_cms(sealed: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with its signature structure replaced by another of at most the same size."""
    start, end = signature_span(sealed)
    old = bytes.fromhex(sealed[start + 1 : end - 1].decode())
    new = change(old).ljust(len(old), b"\0")
    assert len(new) == len(old)
    return sealed[: start + 1] + new.hex().encode() + sealed[end - 1 :]


def test_a_replaced_certificate_is_not_the_one_that_signed(sealed, pki):
    signer = pki.signer()
    while True:  # until one happens to be as long as the original
        impostor = issue("Seal rsa-2048", issuer=pki.seal_issuer, now=pki.now, key=signer.key)
        if len(impostor.der) == len(signer.der):
            break
    altered = with_cms(sealed, lambda cms: cms.replace(signer.der, impostor.der))
    assert altered != sealed
    assert verify(altered, pki).code == "no_signing_certificate"


def test_a_timestamp_of_something_else_does_not_count(seal, pki):
    foreign = timestamp_token(pki.authority, hashlib.sha256(b"something else").digest(), pki.now - 20 * DAY)
    content = seal(pdf(), timestamp=lambda imprint: foreign).path.read_bytes()
    found = verify(content, pki)
    assert (found.code, found.signatures[0].timestamp.code) == ("broken_timestamp", "broken_timestamp")
    assert found.signatures[0].proven_at is None


def test_a_timestamp_whose_time_was_moved_is_broken(sealed, pki):
    moved = (pki.now - timedelta(days=2)).strftime("%Y%m%d%H%M%SZ").encode()
    altered = with_cms(sealed, lambda cms: cms.replace(pki.now.strftime("%Y%m%d%H%M%SZ").encode(), moved))
    assert altered != sealed
    assert verify(altered, pki).code == "broken_timestamp"


def test_a_timestamp_of_a_stranger_proves_nothing(seal, pki):
    root = issue("Other root", issuer=None, now=pki.now, authority=True)
    stranger = issue("Other authority", issuer=root, now=pki.now, usage=ExtendedKeyUsageOID.TIME_STAMPING)
    content = seal(pdf(), timestamp=lambda imprint: timestamp_token(stranger, imprint, pki.now)).path.read_bytes()
    found = verify(content, pki)
    assert (found.code, found.signatures[0].timestamp.code) == ("passed", "untrusted")
    assert found.signatures[0].proven_at is None
    assert verify(content, pki, now=pki.now + 400 * DAY).code == "expired"


def test_without_its_store_a_seal_is_indeterminate(sealed, pki):
    bare = seal_without_store(sealed)
    found = verify(bare, pki)
    assert ANSWERS[found.code].indication != PASSED


def seal_without_store(sealed: bytes) -> bytes:
    """The newest revision's catalog without /DSS, as an update."""
    catalog = sealed[sealed.rindex(b"1 0 obj") + 7 : sealed.index(b"endobj", sealed.rindex(b"1 0 obj"))]
    start = catalog.index(b"/DSS")
    rest = catalog[start + 4 :].lstrip()
    end = rest.index(b"R") + 1 if not rest.startswith(b"<<") else rest.index(b">>") + 2
    return appended(sealed, catalog[:start].strip() + rest[end:].strip(), 1)


@pytest.mark.parametrize(
    ("flaw", "code"),
    [
        ("revoked", "revoked"),
        ("revoked later", "passed"),
        ("revoked by the list", "issuer_revoked"),
        ("unknown", "revocation_unknown"),
        ("outdated", "revocation_unknown"),
        ("nothing", "revocation_unknown"),
    ],
)
def test_the_revocation_data_of_the_file_decides(seal, pki, flaw, code):
    signer, issuer, responder, now = pki.signer(), pki.seal_issuer, pki.seal_responder, pki.now
    revoked, unknown = ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
    answers = {
        "revoked": lambda: answer(signer, issuer, responder, now, status=revoked),
        "revoked later": lambda: answer(signer, issuer, responder, now + 3 * DAY, status=revoked),
        "unknown": lambda: answer(signer, issuer, responder, now, status=unknown),
        "outdated": lambda: answer(signer, issuer, responder, now - 9 * DAY, next_update=now - 2 * DAY),
    }
    usual = pki.material()
    material = replace(usual, ocsps=(answers.get(flaw, lambda: usual.ocsps[0])(), usual.ocsps[1]))
    if flaw == "revoked by the list":
        material = replace(usual, crls=(revocation_list(pki.root, now, revoked=(issuer,)),))
    if flaw == "nothing":
        material = ValidationMaterial()
    content = seal(pdf(), material=lambda: material).path.read_bytes()
    assert verify(content, pki, now=now + 4 * DAY).code == code


# --- Hostile input -------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.tuples(st.integers(0, 1 << 20), st.binary(max_size=12), st.integers(0, 40)), min_size=1, max_size=6
    )
)
def test_a_mutated_seal_is_answered_and_passes_only_with_its_signed_bytes_unchanged(small_seal, pki, edits):
    content = bytearray(small_seal)
    for position, replacement, removed in edits:
        start = position % (len(content) + 1)
        content[start : start + removed] = replacement
    found = verify(bytes(content), pki)
    assert found.code in ANSWERS
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    if found.code == "passed":
        start, end = signature_span(small_seal)
        assert content[:start] == small_seal[:start]
        assert content[len(content) - (len(small_seal) - end) :] == small_seal[end:]


@pytest.fixture(scope="module")
def small_seal(pki, tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("small")
    source, target = folder / "source.pdf", folder / "sealed.pdf"
    source.write_bytes(pdf())
    options = PdfSealOptions(level="B-LT", signed_at=pki.now)
    seal_pdf(
        source=source,
        target=target,
        key=pki.sealing_key("ec-p256"),
        timestamp=pki.timestamp,
        material=lambda: pki.material("ec-p256"),
        options=options,
    )
    return target.read_bytes()


def test_findings_cross_the_border_of_the_process_unchanged(small_seal, pki, sandbox, tmp_path):
    path = tmp_path / "sealed.pdf"
    path.write_bytes(small_seal)
    here = verify(small_seal, pki)
    assert from_message(to_message(here)) == here
    assert sandbox.verify_file(path, Anchors(pki.anchors, ()), pki.now + timedelta(minutes=5)) == here


def test_a_file_that_exceeds_a_limit_is_too_complex(tmp_path, pki):
    table = b"xref\n0 1500000\n" + b"%010d 00000 n \n" % 15 * 1_500_000
    path = tmp_path / "heavy.pdf"
    path.write_bytes(b"%PDF-1.7\n" + table + b"trailer\n<</Size 1500000/Root 1 0 R>>\nstartxref\n9\n%%EOF\n")
    with Sandbox(resources=SandboxLimits(cpu_seconds=1, memory_bytes=300 << 20)) as limited:
        found = limited.verify_file(path, Anchors((), ()), pki.now)
    assert found.code == "too_complex"
    assert found.size == path.stat().st_size


# --- Words ---------------------------------------------------------------------------------------------------------


def test_every_answer_is_one_of_three_indications_and_says_so():
    for code, found in ANSWERS.items():
        assert found.indication in INDICATIONS
        assert bool(found.sub_indication) == (found.indication != PASSED), code
        assert found.sentence.endswith(".")
    in_pdf = {"none", "evidence", "form", "annotations", "forbidden", "unknown"}
    assert CHANGES.keys() == in_pdf | {"whole", "part", "document"}


def test_a_file_is_worth_what_its_worst_signature_is_worth():
    assert worst(["passed", "untrusted", "changed_content"]) == "changed_content"
    assert worst(["passed", "untrusted"]) == "untrusted"
    assert worst([]) == "no_signature"
    assert ANSWERS[worst([])].indication == INDETERMINATE


def test_every_answer_is_in_the_documentation_and_no_other():
    page = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()
    section = page[page.index("### Verdicts") :].partition("\n## ")[0]
    told = {
        cells[1].strip(): cells[2].strip()
        for line in section.splitlines()
        if len(cells := line.split("|")) == 5 and not set(line) <= set("|- ") and "Indication" not in line
    }
    assert told == {
        code: f"{found.indication} / {found.sub_indication}".removesuffix(" / ") for code, found in ANSWERS.items()
    }
