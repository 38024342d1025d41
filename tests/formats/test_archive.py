"""Level B-LTA: a document timestamp over everything, in an update of its own (ETSI EN 319 142-1, 5.4.3)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from sealing.formats.errors import SealCheckFailed, TimestampTooLarge, UnsealableDocument
from sealing.formats.keys import ValidationMaterial
from sealing.formats.pades import prepare
from tests.formats.conftest import covers_everything_for_pdfsig, is_intact_for_pdfsig, qpdf_status
from tests.formats.documents import CATALOG, CONTENT, PAGE, PAGES, document_of_size, pdf, xref_stream_pdf
from tests.formats.pki import DAY, answer, issue, revocation_list, timestamp_token

ORIGINALS = {
    "table": pdf(),
    "without identifier": pdf(identified=False),
    "packed": xref_stream_pdf(),
    "stream": xref_stream_pdf(compressed=False),
    "form apart": pdf(
        [b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>", PAGES, PAGE, CONTENT, b"<</Fields 6 0 R>>", b"[]"]
    ),
    "annotations apart": pdf([CATALOG, PAGES, PAGE.replace(b"/Contents", b"/Annots 5 0 R/Contents"), CONTENT, b"[ ]"]),
}


@pytest.fixture
def archived(seal):
    return seal(document_of_size(10_000), level="B-LTA")


@pytest.mark.parametrize("original", ORIGINALS.values(), ids=ORIGINALS.keys())
def test_the_document_timestamp_covers_seal_and_evidence_in_whatever_document(seal, original):
    sealed = seal(original, level="B-LTA")
    checked = sealed.check()
    assert sealed.result.certified
    assert sealed.result.revisions == 2
    assert checked.archived_at == checked.timestamp_at == sealed.pki.now
    (verdict,) = sealed.verdicts()
    assert (verdict.passed, verdict.modification) == (True, "LTA_UPDATES"), verdict
    assert verdict.archived_at == sealed.pki.now
    assert is_intact_for_pdfsig(sealed.path, "Seal1")
    assert covers_everything_for_pdfsig(sealed.path, "Timestamp1")
    assert qpdf_status(sealed.path) == 0
    identifiers = re.findall(rb"/ID\[<(\w+)>", sealed.path.read_bytes())
    assert len(set(identifiers)) == 1


def later_material(pki, at) -> ValidationMaterial:
    """What can be fetched years from now: about the timestamp authority, and nothing about the signer any more."""
    usage = ExtendedKeyUsageOID.OCSP_SIGNING
    responder = issue("Later responder", issuer=pki.time_issuer, now=at, usage=usage, no_check=True)
    return ValidationMaterial(
        certificates=(responder.der,),
        ocsps=(answer(pki.authority, pki.time_issuer, responder, at),),
        crls=(revocation_list(pki.root, at),),
    )


def test_only_an_archived_seal_proves_itself_after_signer_and_first_authority_have_expired(seal, pki):
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    first = issue("First authority", issuer=pki.time_issuer, now=pki.now, usage=stamping, lifetime=200 * DAY)
    usual, proof = pki.material(), answer(first, pki.time_issuer, pki.time_responder, pki.now)
    material = replace(usual, certificates=(*usual.certificates, first.der), ocsps=(*usual.ocsps, proof))
    after = pki.signer().certificate.not_valid_after_utc + 30 * DAY

    def verdict(level):
        authorities = iter([first, pki.authority])
        sealed = seal(
            pdf(),
            level=level,
            timestamp=lambda imprint: timestamp_token(next(authorities), imprint, pki.now),
            material=lambda: material,
        )
        assert sealed.verdicts()[0].passed
        return sealed.verdicts(at=after, later=later_material(pki, after))[0]

    assert verdict("B-LTA").passed
    assert not verdict("B-LT").passed


def test_the_sandbox_prepares_both_updates_at_once(seal, sandbox):
    calls = []

    def counted(path, request):
        calls.append(path)
        return sandbox.prepare(path, request)

    sealed = seal(document_of_size(50_000), level="B-LTA", prepare=counted)
    assert sealed.check().archived_at
    assert sealed.verdicts()[0].passed
    assert len(calls) == 1


def second_authority(pki):
    """Another timestamp authority, and the material that proves it."""
    other = issue(
        "Other authority",
        issuer=pki.seal_issuer,
        now=pki.now,
        usage=ExtendedKeyUsageOID.TIME_STAMPING,
        lifetime=900 * DAY,
    )
    proof = answer(other, pki.seal_issuer, pki.seal_responder, pki.now)
    usual = pki.material()
    return other, replace(usual, certificates=(*usual.certificates, other.der), ocsps=(*usual.ocsps, proof))


@pytest.mark.parametrize(
    ("usual_answers", "revisions"), [((True, False), 3), ((False, True), 3), ((False, False), 3)], ids=str
)
def test_an_authority_that_was_not_expected_is_proven_behind_its_timestamp(seal, pki, usual_answers, revisions):
    other, complete = second_authority(pki)
    stamps, materials = iter(usual_answers), iter([pki.material(), complete])

    def timestamp(imprint):
        return timestamp_token(pki.authority if next(stamps) else other, imprint, pki.now)

    sealed = seal(document_of_size(20_000), level="B-LTA", timestamp=timestamp, material=lambda: next(materials))
    assert sealed.result.revisions == revisions
    assert sealed.check().archived_at == pki.now
    (verdict,) = sealed.verdicts()
    assert verdict.passed, verdict
    assert is_intact_for_pdfsig(sealed.path, "Seal1")
    assert qpdf_status(sealed.path) == 0


def test_two_authorities_that_were_not_expected_make_four_updates(seal, pki):
    other, with_other = second_authority(pki)
    third, with_third = second_authority(pki)
    tokens = iter([other, third])
    both = replace(
        with_other, certificates=(*with_other.certificates, third.der), ocsps=with_other.ocsps + with_third.ocsps
    )
    materials = iter([pki.material(), with_other, both])
    sealed = seal(
        pdf(),
        level="B-LTA",
        timestamp=lambda imprint: timestamp_token(next(tokens), imprint, pki.now),
        material=lambda: next(materials),
    )
    assert sealed.result.revisions == 4
    assert sealed.check().archived_at == pki.now
    assert sealed.verdicts()[0].passed


def test_an_authority_nobody_proves_is_refused(seal, pki):
    other, _ = second_authority(pki)
    stamps = iter([pki.authority, other])
    sealed = seal(pdf(), level="B-LTA", timestamp=lambda imprint: timestamp_token(next(stamps), imprint, pki.now))
    with pytest.raises(SealCheckFailed, match="revocation data missing"):
        sealed.check()


def test_archived_seals_stand_beside_earlier_and_later_ones(seal):
    first = seal(pdf(), level="B-LTA", certify=False)
    second = seal(first.path, level="B-LTA", algorithm="ec-p256")
    third = seal(second.path, level="B-T")
    assert [each.result.field_name for each in (first, second, third)] == ["Seal1", "Seal2", "Seal3"]
    for sealed in (first, second, third):
        sealed.check()
    assert [verdict.passed for verdict in second.verdicts()] == [True, True]
    assert covers_everything_for_pdfsig(second.path, "Timestamp2")


def test_an_archived_seal_that_certifies_is_the_last_one(seal, archived):
    with pytest.raises(UnsealableDocument) as refusal:
        seal(archived.path)
    assert refusal.value.code == "certified_no_changes"


def test_no_level_passes_for_another(seal, archived):
    with pytest.raises(SealCheckFailed, match="not exactly one new signature"):
        archived.check(level="B-LT")
    with pytest.raises(SealCheckFailed, match="not exactly one new signature"):
        seal(pdf()).check(level="B-LTA")


def test_no_byte_that_the_document_timestamp_covers_can_change_unnoticed(archived):
    content = archived.path.read_bytes()
    last = content.rindex(b"/Contents <")
    for position in range(archived.result.original_size, last, 1_009):
        altered = bytearray(content)
        altered[position] ^= 1
        archived.path.write_bytes(altered)
        with pytest.raises(SealCheckFailed):
            archived.check()


@pytest.mark.parametrize("flaw", ["other imprint", "older", "late", "signature", "ordinary certificate", "other root"])
def test_a_flawed_document_timestamp_is_refused(seal, pki, flaw):
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    stranger = issue("Other root", issuer=None, now=pki.now, authority=True)
    authorities = {
        "ordinary certificate": pki.signer("ec-p256"),
        "other root": issue("Stranger", issuer=stranger, now=pki.now, usage=stamping),
    }
    moments = {"older": -timedelta(seconds=2), "late": timedelta(hours=1)}
    calls = []

    def timestamp(imprint):
        calls.append(imprint)
        if len(calls) == 1:
            return pki.timestamp(imprint)
        covered = bytes(32) if flaw == "other imprint" else imprint
        token = timestamp_token(authorities.get(flaw, pki.authority), covered, pki.now + moments.get(flaw, timedelta()))
        return token[:-1] + bytes((token[-1] ^ 1,)) if flaw == "signature" else token

    with pytest.raises(SealCheckFailed):
        seal(pdf(), level="B-LTA", timestamp=timestamp).check()
    assert len(calls) == 2


SWAPS = {
    "page tree": (b"/Pages 2 0 R", b"/Pages 3 0 R"),
    "page content": (b"/Contents 4 0 R", b"/Contents 1 0 R"),
    "not a timestamp": (b"/ETSI.RFC3161", b"/ETSI.RFC3162"),
}


@pytest.mark.parametrize("change", SWAPS.values(), ids=SWAPS.keys())
def test_the_update_of_the_document_timestamp_may_not_bring_anything_else(seal, change):
    def lying(path, request):
        revision = prepare(path, request)
        assert revision.archive.appended.count(change[0]) == 1
        archive = replace(revision.archive, appended=revision.archive.appended.replace(*change))
        return replace(revision, archive=archive)

    with pytest.raises(SealCheckFailed):
        seal(pdf(), level="B-LTA", prepare=lying).check()


def test_a_document_timestamp_larger_than_its_room_leaves_nothing_behind(seal, pki, tmp_path):
    sizes = iter([0, 20_000])
    with pytest.raises(TimestampTooLarge):
        seal(
            pdf(),
            level="B-LTA",
            timestamp=lambda imprint: timestamp_token(pki.authority, imprint, pki.now, next(sizes)),
        )
    assert [path.name for path in tmp_path.iterdir()] == ["0-source.pdf"]
