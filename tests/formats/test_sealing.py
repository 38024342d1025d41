import hashlib
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from sealing.formats.errors import SealCheckFailed, TimestampTooLarge, UnsealableDocument
from sealing.formats.keys import SIGNATURE_SIZES, ValidationMaterial
from tests.formats.conftest import (
    covers_everything_for_pdfsig,
    is_intact_for_pdfsig,
    is_valid_for_pdfsig,
    pdfsig_blocks,
    qpdf_status,
)
from tests.formats.documents import CATALOG, CONTENT, PAGE, PAGES, document_of_size, pdf, xref_stream_pdf
from tests.formats.pki import timestamp_token

FORM = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>"
EMPTY_FIELD = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal1)/Rect[10 10 90 40]/F 4/P 3 0 R>>"


@pytest.mark.parametrize("algorithm", sorted(SIGNATURE_SIZES))
@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_every_key_and_level_satisfies_our_gate_a_second_implementation_pdfsig_and_qpdf(seal, level, algorithm):
    sealed = seal(document_of_size(20_000), level=level, algorithm=algorithm)
    checked = sealed.check()
    assert (checked.sha256, checked.size) == (sealed.result.sha256, sealed.result.size)
    (verdict,) = sealed.verdicts()
    assert verdict.passed, verdict
    assert verdict.timestamp_at == sealed.pki.now
    assert verdict.stays_provable is (level != "B-T")
    assert is_intact_for_pdfsig(sealed.path, "Seal1")
    assert covers_everything_for_pdfsig(sealed.path, "Timestamp1" if level == "B-LTA" else "Seal1")
    assert qpdf_status(sealed.path) == 0


@pytest.mark.parametrize(
    "original", [pdf(), xref_stream_pdf(), xref_stream_pdf(compressed=False)], ids=["table", "packed", "stream"]
)
def test_the_original_bytes_are_a_prefix_and_the_digests_tell_the_truth(seal, original):
    sealed = seal(original)
    content = sealed.path.read_bytes()
    assert content.startswith(original)
    assert sealed.result.size == len(content)
    assert sealed.result.sha256 == hashlib.sha256(content).hexdigest()
    assert sealed.result.original_sha256 == hashlib.sha256(original).hexdigest()
    assert qpdf_status(sealed.path) == 0
    assert sealed.verdicts()[0].passed


def test_a_first_seal_certifies_and_nothing_may_follow_it(seal):
    first = seal(pdf())
    assert first.result.certified
    assert first.check().certified
    with pytest.raises(UnsealableDocument) as refusal:
        seal(first.path)
    assert refusal.value.code == "certified_no_changes"


def test_an_approval_seal_leaves_room_for_others_and_all_stay_valid(seal):
    first = seal(xref_stream_pdf(), certify=False)
    second = seal(first.path, algorithm="ec-p256")
    third = seal(second.path, level="B-T", certify=True)
    assert [each.result.certified for each in (first, second, third)] == [False, False, False]
    assert [each.result.field_name for each in (first, second, third)] == ["Seal1", "Seal2", "Seal3"]
    assert third.result.earlier_signatures == 2
    third.check()
    assert [verdict.passed for verdict in second.verdicts()] == [True, True]
    assert [verdict.intact for verdict in third.verdicts()] == [True, True, True]
    assert all("Signature is Valid" in block for block in pdfsig_blocks(third.path))


def test_material_that_is_already_in_the_file_is_not_stored_twice(seal, pki):
    material = pki.material()
    first = seal(pdf(), certify=False, material=lambda: material)
    second = seal(first.path, material=lambda: material)
    added = second.result.size - second.result.original_size
    assert added < first.result.size - first.result.original_size - sum(map(len, material.ocsps))
    assert second.path.read_bytes().count(material.ocsps[0]) == 1


def test_an_existing_empty_signature_field_is_left_alone(seal):
    original = pdf([FORM, PAGES, PAGE, CONTENT, b"<</Fields[6 0 R]>>", EMPTY_FIELD])
    sealed = seal(original, certify=False)
    assert sealed.result.field_name == "Seal2"
    sealed.check()
    assert any("not signed" in block or "Seal1" in block for block in pdfsig_blocks(sealed.path))
    assert is_valid_for_pdfsig(sealed.path, "Seal2")


@pytest.mark.parametrize(
    "objects",
    [
        [FORM, PAGES, PAGE, CONTENT, b"<</Fields 6 0 R/SigFlags 1>>", b"[7 0 R]", EMPTY_FIELD],
        [b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]/DA(/Helv 0 Tf)>>>>", PAGES, PAGE, CONTENT],
        [b"<</Type/Catalog/Pages 2 0 R/AcroForm null/Perms null/Extensions 5 0 R>>", PAGES, PAGE, CONTENT, b"null"],
        [CATALOG, PAGES, PAGE.replace(b"/Contents", b"/Annots 5 0 R/Contents"), CONTENT, b"[ % none ]\n]"],
        [CATALOG, PAGES, PAGE.replace(b"/Contents", b"/Ann#6fts[]/Contents"), CONTENT],
        [b"<</Type/Catalog/Pages 2 0 R/Lang(a\\)>>b)/X<3e3E>% >>\n/Y[<</Z(])>>]>>", PAGES, PAGE, CONTENT],
        [
            b"<</Type/Catalog/Pages 2 0 R/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 3>>>>>>",
            PAGES,
            PAGE,
            CONTENT,
        ],
    ],
    ids=["arrays apart", "direct form", "null entries", "annots apart", "escaped key", "strings", "extensions"],
)
def test_additions_find_their_place_however_the_document_is_written(seal, objects):
    sealed = seal(pdf(objects))
    sealed.check()
    assert sealed.verdicts()[0].passed
    assert is_valid_for_pdfsig(sealed.path, sealed.result.field_name)
    assert qpdf_status(sealed.path) == qpdf_status(sealed.source)


def test_what_cannot_be_parsed_and_written_again_unchanged_survives_in_its_own_bytes(seal):
    odd = b"/Tiny 0.00000012/Name#E9 1/Accent(\\351\\r)/Raw<FEFF00e9>/Number 000612.500"
    sealed = seal(pdf([CATALOG[:-2] + odd + b">>", PAGES, PAGE, CONTENT]))
    assert sealed.path.read_bytes().count(odd) == 2
    sealed.check()


def test_texts_reach_the_signature_dictionary_in_any_language(seal):
    sealed = seal(pdf(), reason="Patvirtinta (žr. 1\\2)", name="Įmonė", location="Vilnius", contact="a@example.org")
    with sealed.path.open("rb") as stream:
        (signature,) = PdfFileReader(stream).embedded_signatures
        texts = [signature.sig_object[key] for key in ("/Reason", "/Name", "/Location", "/ContactInfo")]
    assert texts == ["Patvirtinta (žr. 1\\2)", "Įmonė", "Vilnius", "a@example.org"]


def test_a_timestamp_authority_that_the_material_did_not_expect_is_proven_in_a_second_revision(seal, pki):
    complete = pki.material()
    signer_only = ValidationMaterial((pki.seal_issuer.der, pki.root.der), complete.ocsps[:1], complete.crls)
    answers = iter([signer_only, complete])
    sealed = seal(pdf(), material=lambda: next(answers))
    assert sealed.result.revisions == 2
    assert sealed.check().sha256 == hashlib.sha256(sealed.path.read_bytes()).hexdigest()
    (verdict,) = sealed.verdicts()
    assert verdict.passed
    assert verdict.modification == "LTA_UPDATES"
    assert verdict.stays_provable
    assert "Signature is Valid" in pdfsig_blocks(sealed.path)[0]


def test_material_that_never_covers_the_authority_fails_the_gate(seal, pki):
    signer_only = ValidationMaterial((pki.seal_issuer.der, pki.root.der), pki.material().ocsps[:1], pki.material().crls)
    sealed = seal(pdf(), material=lambda: signer_only)
    assert sealed.result.revisions == 1
    with pytest.raises(SealCheckFailed, match=r"revocation data|trust anchor"):
        sealed.check()


def test_at_level_b_t_no_material_is_asked_for_and_none_is_stored(seal):
    def unexpected() -> ValidationMaterial:
        raise AssertionError("material was asked for")

    sealed = seal(pdf(), level="B-T", material=unexpected)
    assert b"/DSS" not in sealed.path.read_bytes()
    sealed.check()
    with pytest.raises(SealCheckFailed, match="B-LT asked"):
        sealed.check(level="B-LT")


@pytest.mark.parametrize("excess", [0, 1], ids=["at the limit", "just after"])
def test_a_timestamp_may_fill_the_reserved_space_but_not_exceed_it(seal, pki, excess):
    tokens: list[bytes] = []

    def timestamp(imprint: bytes) -> bytes:
        while not tokens or len(tokens[-1]) != size:
            tokens.append(timestamp_token(pki.authority, imprint, pki.now))
        return tokens[-1]

    size = len(timestamp_token(pki.authority, bytes(32), pki.now))
    if not excess:
        assert seal(pdf(), timestamp=timestamp, timestamp_size=size).check()
        return
    with pytest.raises(TimestampTooLarge) as refusal:
        seal(pdf(), timestamp=timestamp, timestamp_size=size - 1)
    assert refusal.value.needed == size


@pytest.mark.parametrize("failing", ["key", "timestamp", "material", "prepare"])
def test_a_failure_anywhere_leaves_no_target_behind(seal, pki, tmp_path, failing):
    def broken(*_: object) -> bytes:
        raise ConnectionError("out of order")

    replacement = {"key": pki.sealing_key().__class__(pki.signer().der, (), "rsa-2048", broken)}
    with pytest.raises(ConnectionError):
        seal(pdf(), **{failing: replacement.get(failing, broken)})
    assert [path.name for path in tmp_path.iterdir()] == ["0-source.pdf"]


def test_the_key_signs_exactly_once_and_one_timestamp_is_used(seal, pki):
    key, before = pki.sealing_key(), pki.tokens
    messages: list[bytes] = []

    def sign(message: bytes) -> bytes:
        messages.append(message)
        return key.sign(message)

    seal(pdf(), key=key.__class__(key.certificate, key.chain, key.algorithm, sign))
    assert len(messages) == 1
    assert pki.tokens == before + 1


def test_a_moment_in_another_zone_is_written_in_utc(seal, pki):
    sealed = seal(pdf(), signed_at=pki.now.astimezone(ZoneInfo("Europe/Vilnius")))
    assert pki.now.strftime("/M(D:%Y%m%d%H%M%S+00'00')").encode() in sealed.path.read_bytes()


def test_the_field_is_one_that_pdf_a_allows(seal):
    """ISO 19005-1 6.5.3 and 6.9, ISO 19005-2 6.1.12 and 6.3: printable, with appearance, no digest by reference."""
    with seal(pdf()).path.open("rb") as stream:
        reader = PdfFileReader(stream)
        (signature,) = reader.embedded_signatures
        field = signature.sig_field
        assert field["/F"] == 4 | 128
        assert list(field["/Rect"]) == [0, 0, 0, 0]
        assert field["/AP"]["/N"].data == b""
        assert not {"/DigestMethod", "/DigestValue", "/DigestLocation"} & signature.sig_object["/Reference"][0].keys()
        assert "/Group" not in field["/AP"]["/N"]
        first, second = reader.trailer["/ID"]
        assert (first.original_bytes, len(second.original_bytes)) == (b"\xaa" * 16, 16)


def test_an_unknown_level_is_never_taken_for_another(seal):
    with pytest.raises(ValueError, match="B-B"):
        seal(pdf(), level="B-B")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pages=st.integers(1, 5),
    filler=st.binary(max_size=300),
    stream_references=st.booleans(),
    identified=st.booleans(),
    trailing=st.sampled_from([b"", b"\n", b"\r\n\r\n", b" "]),
)
def test_whatever_the_document_the_seal_only_appends(seal, pages, filler, stream_references, identified, trailing):
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    stream = b"<</Length %d>>\nstream\n%s\nendstream" % (len(filler), filler)
    objects = [CATALOG, b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages), b"null", stream, *[PAGE] * pages]
    original = (xref_stream_pdf(objects) if stream_references else pdf(objects, identified=identified)) + trailing
    sealed = seal(original, certify=False)
    assert sealed.path.read_bytes().startswith(original)
    assert sealed.check().field_name == "Seal1"
    again = seal(sealed.path)
    assert again.path.read_bytes().startswith(sealed.path.read_bytes())
    again.check()


def test_the_sandbox_prepares_the_same_seal_as_this_process(seal, sandbox):
    sealed = seal(document_of_size(50_000), prepare=sandbox.prepare, reason="Žyma")
    sealed.check()
    assert sealed.verdicts()[0].passed
    window = (sealed.pki.now - timedelta(days=2), sealed.pki.now - timedelta(days=1))
    with pytest.raises(SealCheckFailed, match="window"):
        sealed.check(timestamped_between=window)
