import random
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from sealing.formats.cms import cms_template
from sealing.formats.errors import SealCheckFailed
from sealing.formats.keys import ValidationMaterial
from sealing.formats.pades import prepare
from sealing.formats.revision import RevisionRequest
from tests.formats.documents import CATALOG, CONTENT, PAGE, PAGES, document_of_size, pdf
from tests.formats.pki import DAY, answer, issue, revocation_list, timestamp_token


@pytest.fixture
def good(seal):
    return seal(document_of_size(10_000))


def rewritten(sealed, change):
    content = bytearray(sealed.path.read_bytes())
    changed = change(content)
    sealed.path.write_bytes(content if changed is None else changed)
    return sealed


def test_a_good_seal_passes_and_tells_what_it_proved(good):
    checked = good.check()
    assert checked.level == "B-LT"
    assert checked.timestamp_at == good.pki.now
    assert checked.timestamp_certificate == good.pki.authority.der
    assert checked.field_name == "Seal1"


def test_no_bit_that_the_signature_covers_can_change_unnoticed(good):
    content = good.path.read_bytes()
    start = content.rindex(b"/Contents <") + len(b"/Contents ")
    end = content.index(b">", start) + 1
    covered = [*range(start), *range(end, len(content))]
    chance = random.Random(7)
    for position in chance.sample(covered, 150):
        altered = bytearray(content)
        altered[position] ^= 1 << chance.randrange(8)
        good.path.write_bytes(altered)
        with pytest.raises(SealCheckFailed):
            good.check()


def test_a_bit_inside_the_signature_is_noticed_or_is_one_that_nothing_relies_on(good):
    content = good.path.read_bytes()
    start = content.rindex(b"/Contents <") + len(b"/Contents <")
    size = 2 * len(bytes.fromhex(content[start : content.index(b">", start)].decode()).rstrip(b"\0"))
    chance = random.Random(8)
    refused = 0
    for position in chance.sample(range(start, start + size), 150):
        altered = bytearray(content)
        altered[position : position + 1] = chance.choice(
            "0123456789abcdef".replace(chr(content[position]), "")
        ).encode()
        good.path.write_bytes(altered)
        try:
            assert good.check().sha256 != good.result.sha256
        except SealCheckFailed:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content.__setitem__(slice(20, 21), b"#"), "untouched prefix|cannot be read"),
        (lambda content: content + b"\n", "byte range"),
        (lambda content: content + pdf()[9:], "revisions|cannot be read|new signature"),
        (lambda content: content[: len(content) // 2], "cannot be read|new signature|revisions"),
        (lambda content: content.replace(b"/ETSI.CAdES.detached", b"/adbe.pkcs7.detached"), "not a PAdES"),
        (lambda content: content.replace(b"00000000>", b"00000001>"), "hides behind"),
    ],
    ids=["prefix", "byte added", "revision added", "truncated", "sub filter", "bytes after the signature"],
)
def test_a_tampered_file_is_refused_with_the_reason(good, change, reason):
    with pytest.raises(SealCheckFailed, match=reason):
        rewritten(good, change).check()


def test_another_original_another_certificate_or_another_root_is_refused(good, pki):
    with pytest.raises(SealCheckFailed, match="untouched prefix"):
        good.check(original_sha256="0" * 64)
    with pytest.raises(SealCheckFailed):
        good.check(original_size=good.result.original_size - 1)
    with pytest.raises(SealCheckFailed, match="another certificate"):
        good.check(certificate=pki.signer("ec-p256").der)
    with pytest.raises(SealCheckFailed, match="trust anchor"):
        good.check(trust_anchors=(pki.signer("ec-p256").der,))


def test_the_window_of_the_timestamp_includes_its_ends(good, pki):
    second = timedelta(seconds=1)
    assert good.check(timestamped_between=(pki.now, pki.now))
    for window in ((pki.now + second, pki.now + 2 * second), (pki.now - 2 * second, pki.now - second)):
        with pytest.raises(SealCheckFailed, match="window"):
            good.check(timestamped_between=window)


def test_a_signature_by_another_key_is_refused(seal, pki):
    wrong = replace(pki.sealing_key("ec-p256"), sign=pki.sealing_key("ec-p384").sign)
    with pytest.raises(SealCheckFailed, match="signature value"):
        seal(pdf(), algorithm="ec-p256", key=wrong).check()


@pytest.mark.parametrize("flaw", ["other imprint", "ordinary certificate", "other root", "late", "signature"])
def test_a_flawed_timestamp_is_refused(seal, pki, flaw):
    other_root = issue("Other root", issuer=None, now=pki.now, authority=True)
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    authorities = {
        "ordinary certificate": pki.signer("ec-p256"),
        "other root": issue("Other authority", issuer=other_root, now=pki.now, usage=stamping),
    }

    def timestamp(imprint: bytes) -> bytes:
        if flaw == "other imprint":
            imprint = bytes(32)
        moment = pki.now + timedelta(hours=1) if flaw == "late" else pki.now
        token = timestamp_token(authorities.get(flaw, pki.authority), imprint, moment)
        return token[:-1] + bytes((token[-1] ^ 1,)) if flaw == "signature" else token

    with pytest.raises(SealCheckFailed):
        seal(pdf(), level="B-T", timestamp=timestamp).check()


def broken(response: bytes) -> bytes:
    """The answer with another signature value."""
    signature = ocsp.load_der_ocsp_response(response).signature
    return response.replace(signature, bytes((*signature[:-1], signature[-1] ^ 1)))


def material_with(pki, flaw: str) -> ValidationMaterial:
    """The usual material with one flaw in what it says about the signer."""
    signer, issuer, responder, now = pki.signer(), pki.seal_issuer, pki.seal_responder, pki.now
    stranger = issue("Stranger", issuer=pki.time_issuer, now=now, usage=ExtendedKeyUsageOID.OCSP_SIGNING, no_check=True)
    ordinary = issue("No responder", issuer=issuer, now=now)
    unproven = issue("Unproven responder", issuer=issuer, now=now, usage=ExtendedKeyUsageOID.OCSP_SIGNING)
    answers = {
        "revoked": lambda: answer(signer, issuer, responder, now, status=ocsp.OCSPCertStatus.REVOKED),
        "unknown": lambda: answer(signer, issuer, responder, now, status=ocsp.OCSPCertStatus.UNKNOWN),
        "outdated": lambda: answer(signer, issuer, responder, now - 2 * DAY, next_update=now - timedelta(seconds=1)),
        "other certificate": lambda: answer(pki.signer("ec-p256"), issuer, responder, now),
        "responder of another issuer": lambda: answer(signer, issuer, stranger, now),
        "responder without the usage": lambda: answer(signer, issuer, ordinary, now),
        "responder itself unproven": lambda: answer(signer, issuer, unproven, now),
        "broken": lambda: broken(answer(signer, issuer, responder, now)),
        "nonsense": lambda: b"0\0",
    }
    usual = pki.material()
    return replace(usual, ocsps=(answers[flaw](), usual.ocsps[1]))


@pytest.mark.parametrize(
    "flaw",
    [
        "revoked",
        "unknown",
        "outdated",
        "other certificate",
        "responder of another issuer",
        "responder without the usage",
        "responder itself unproven",
        "broken",
        "nonsense",
    ],
)
def test_revocation_data_that_does_not_prove_the_signer_good_is_refused(seal, pki, flaw):
    with pytest.raises(SealCheckFailed, match="revo"):
        seal(pdf(), material=lambda: material_with(pki, flaw)).check()


def test_an_answer_counts_until_the_second_it_ends(seal, pki):
    usual = pki.material()
    last = answer(pki.signer(), pki.seal_issuer, pki.seal_responder, pki.now - DAY, next_update=pki.now)
    assert seal(pdf(), material=lambda: replace(usual, ocsps=(last, usual.ocsps[1]))).check()


def test_a_list_of_the_issuer_proves_as_much_as_an_answer_and_revokes_as_much(seal, pki):
    usual, issuer, signer = pki.material(), pki.seal_issuer, pki.signer()
    clean = replace(usual, ocsps=usual.ocsps[1:], crls=(*usual.crls, revocation_list(issuer, pki.now)))
    assert seal(pdf(), material=lambda: clean).check()
    revoking = replace(clean, crls=(*usual.crls, revocation_list(issuer, pki.now, (signer,))))
    with pytest.raises(SealCheckFailed, match="revoked"):
        seal(pdf(), material=lambda: revoking).check()
    foreign = replace(clean, crls=(*usual.crls, revocation_list(pki.time_issuer, pki.now)))
    with pytest.raises(SealCheckFailed, match="missing"):
        seal(pdf(), material=lambda: foreign).check()


def forged(seal, original: bytes, change: tuple[bytes, bytes]):
    """A seal whose revision was changed before it was signed, as a captured sandbox could do."""

    def lying(path, request):
        revision = prepare(path, request)
        assert revision.appended.count(change[0]) >= 1
        return replace(revision, appended=revision.appended.replace(*change))

    return seal(original, prepare=lying)


SWAPS = {
    "page content": (b"/Contents 4 0 R", b"/Contents 1 0 R"),
    "page size": (b"[0 0 595 842]", b"[0 0 595 841]"),
    "page tree": (b"/Pages 2 0 R", b"/Pages 3 0 R"),
    "new catalog key": (b"/DSS <<", b"/AA  <<"),
}


@pytest.mark.parametrize("change", SWAPS.values(), ids=SWAPS.keys())
def test_a_revision_that_changes_what_the_original_shows_is_refused(seal, change):
    original = pdf([CATALOG, PAGES, PAGE, CONTENT])
    with pytest.raises(SealCheckFailed, match=r"was changed|cannot be read|B-LT asked"):
        forged(seal, original, change).check()


def test_the_revision_of_the_material_may_not_bring_anything_else(seal, pki):
    complete = pki.material()
    signer_only = ValidationMaterial((pki.seal_issuer.der, pki.root.der), complete.ocsps[:1], complete.crls)
    answers = iter([signer_only, complete])

    def lying(path, request: RevisionRequest):
        revision = prepare(path, request)
        if request.signature is None:
            other = replace(revision, appended=revision.appended.replace(b"/Pages 2 0 R", b"/Pages 3 0 R"))
            assert other != revision
            return other
        return revision

    with pytest.raises(SealCheckFailed, match="was changed"):
        seal(pdf(), material=lambda: next(answers), prepare=lying).check()


def test_the_reserved_space_always_suffices(pki):
    for algorithm in ("rsa-2048", "rsa-4096", "ec-p256", "ec-p384"):
        template = cms_template(pki.sealing_key(algorithm))
        for size in (1, 127, 128, 5_000, 40_000):
            attributes = template.signed_attributes(bytes(32))
            made = template.assemble(attributes, bytes(template.signature_size), b"\x30" * size)
            assert len(made) <= template.largest_size(size) <= len(made) + 64
