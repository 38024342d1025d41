import random
import re
import zipfile
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from sealing.formats.check_asice import ExpectedFile
from sealing.formats.container import MANIFEST, MIMETYPE, SIGNATURES
from sealing.formats.errors import SealCheckFailed
from sealing.formats.keys import ValidationMaterial
from tests.formats.containers import container_of
from tests.formats.pki import DAY, answer, issue, new_key, revocation_list, sign, timestamp_token

FILES = {"report.xlsx": b"figures", "annex.txt": b"words\n" * 500}


@pytest.fixture
def good(pki, tmp_path):
    return container_of(pki, tmp_path, FILES, algorithm="ec-p256", role="Approved")


def edited(pattern: bytes, replacement: bytes, part: str = SIGNATURES):
    """A change of one of the container's own parts."""

    def change(parts):
        content, count = re.subn(pattern, replacement, parts[part], count=1, flags=re.DOTALL)
        assert count, pattern
        parts[part] = content

    return change


def swapped(first: bytes, second: bytes):
    """A change that puts what lies between two patterns in the reverse order."""
    return edited(b"(" + first + b")(" + second + b")", rb"\2\1")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda parts: parts.update({"report.xlsx": b"figureS"}), "not the original"),
        (lambda parts: parts.update({"report.xlsx": b"figures and more"}), "not the original"),
        (lambda parts: parts.pop("annex.txt"), "other parts"),
        (lambda parts: parts.update({"extra.txt": b"x"}), "other parts"),
        (lambda parts: parts.update({"META-INF/signatures1.xml": parts[SIGNATURES]}), "other parts"),
        (lambda parts: parts.update({MIMETYPE: b"application/zip"}), "does not say what it is"),
        (lambda parts: parts.update({MIMETYPE: parts[MIMETYPE] + b"\n"}), "does not say what it is"),
        (lambda parts: parts.update({"report.xlsx": parts.pop("report.xlsx")}), "other parts"),
        (edited(b'full-path="annex.txt"', b'full-path="other.txt"', MANIFEST), "manifest"),
        (edited(b'media-type="application/octet-stream"', b'media-type="text/html"', MANIFEST), "manifest"),
        (edited(b"<manifest:file-entry [^>]*annex[^>]*>", b"", MANIFEST), "manifest"),
        (edited(b"(<manifest:file-entry [^>]*annex[^>]*>)", rb"\1\1", MANIFEST), "manifest"),
        (edited(b"urn:oasis:names:tc:opendocument", b"urn:oasis:names:tc:closeddocument", MANIFEST), "manifest"),
        (edited(b'URI="annex.txt"', b'URI="report.xlsx"'), "signature value"),
        (edited(b'(<ds:Reference Id=[^>]*annex.txt".*?</ds:Reference>)', b""), "signature value"),
        (edited(b'Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"', b'Algorithm="#md5"'), "signature value"),
        (edited(b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#rsa-sha256"), "does not fit the key"),
        (edited(b"REC-xml-c14n-20010315", b"REC-xml-c14n-20010315#WithComments"), "unexpected algorithm"),
        (edited(b'(<ds:SignatureValue Id="[^"]*">).', rb"\1A"), "signature value"),
        (edited(b'(<ds:SignatureValue Id="[^"]*">)....', rb"\1"), "signature value"),
        (edited(b'(<ds:SignatureValue Id=)"[^"]*"', rb'\1"x"'), "timestamp is over something else"),
        (edited(b"<ds:X509Certificate>.", b"<ds:X509Certificate>N"), "another certificate"),
        (edited(b"<xades:SigningTime>2", b"<xades:SigningTime>3"), "properties were changed"),
        (edited(b"<xades:MimeType>application", b"<xades:MimeType>text"), "properties were changed"),
        (edited(b"Approved", b"Refused!"), "properties were changed"),
        (edited(b'SignedProperties Id="[^"]*"', b'SignedProperties Id="x"'), "not signed"),
        (edited(b'Target="#', b'Target="#x'), "another signature"),
        (edited(b'(<xades:SignatureTimeStamp) Id="([^"]*)-timestamp"', rb'\1 Id="\2-value"'), "there twice"),
        (edited(b"<xades:EncapsulatedTimeStamp>[^<]*<", b"<xades:EncapsulatedTimeStamp><"), "no timestamp"),
        (edited(b"<xades:EncapsulatedTimeStamp>M", b"<xades:EncapsulatedTimeStamp>*"), "not a value"),
        (edited(b"<xades:SignatureTimeStamp.*</xades:SignatureTimeStamp>", b""), "SignatureTimeStamp is missing"),
        (edited(b"(<xades:SignatureTimeStamp.*</xades:SignatureTimeStamp>)", rb"\1\1"), "twice|no business"),
        (
            swapped(
                b"<xades:CertificateValues>.*</xades:CertificateValues>",
                b"<xades:RevocationValues>.*</xades:RevocationValues>",
            ),
            "is missing",
        ),
        (edited(b"<xades:CertificateValues>.*</xades:CertificateValues>", b""), "CertificateValues is missing"),
        (edited(b"<xades:RevocationValues>.*</xades:RevocationValues>", b""), "RevocationValues is missing"),
        (edited(b"<xades:OCSPValues>.*</xades:OCSPValues>", b""), "revocation data"),
        (edited(b"<xades:CRLValues>.*</xades:CRLValues>", b""), "revocation data"),
        (
            edited(
                b"<xades:CertificateValues>.*</xades:CertificateValues>",
                b"<xades:CertificateValues></xades:CertificateValues>",
            ),
            "trust anchor",
        ),
        (edited(b"<ds:Signature .*</ds:Signature>", b""), "Signature is missing"),
        (edited(b"(<ds:Signature .*</ds:Signature>)", rb"\1\1"), "no business"),
        (edited(b"(<ds:Object>)", rb"<ds:Object></ds:Object>\1"), "is missing|no business"),
        (edited(b"asic:XAdESSignatures", b"asic:CAdESSignatures"), "malformed XML"),
        (edited(b"\\?>", b"?><!DOCTYPE a [<!ENTITY b 'c'>]>"), "more than elements"),
        (edited(b"(<ds:KeyInfo>)", rb"<!-- note -->\1"), "more than elements"),
        (edited(b"(<ds:KeyInfo>)", rb"<?note?>\1"), "more than elements"),
        (edited(b"(<asic:XAdESSignatures )", rb'\1xml:lang="en" '), "more than elements"),
        (edited(b"</asic:XAdESSignatures>", b"</asic:XAdESSignatures><!-- after -->"), "more than elements"),
        (lambda parts: parts.update({SIGNATURES: b""}), "malformed XML"),
        (lambda parts: parts.update({SIGNATURES: parts[SIGNATURES][:-40]}), "malformed XML"),
        (lambda parts: parts.update({SIGNATURES: parts[MANIFEST]}), "not a XAdES"),
        (lambda parts: parts.update({MANIFEST: parts[SIGNATURES]}), "manifest"),
    ],
)
def test_no_part_can_be_changed_even_with_right_checksums(good, change, reason):
    good.check()
    with pytest.raises(SealCheckFailed, match=reason):
        good.rewritten(change).check()


def test_no_bit_of_any_part_can_change_unnoticed(good):
    """Each of 300 flipped bits, wherever it lies, is noticed, except in what a ZIP directory says about itself."""
    content = good.path.read_bytes()
    with zipfile.ZipFile(good.path) as container:
        end = container.start_dir
    headers = [match.start() for match in re.finditer(b"PK\x03\x04", content[:end])]
    immaterial = {start + offset for start in headers for offset in (4, 5, 10, 11, 12, 13)}  # versions and dates
    chance = random.Random(7)
    for position in chance.sample(sorted(set(range(end)) - immaterial), 300):
        flipped = bytearray(content)
        flipped[position] ^= 1 << chance.randrange(8)
        good.path.write_bytes(flipped)
        with pytest.raises(SealCheckFailed):
            good.check()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: b"#!/bin/sh\n" + content, "between the parts|judged"),
        (lambda content: content + b"more", "judged|follows"),
        (lambda content: content[:-2] + b"\x04\0note", "follows"),
        (lambda content: content[: len(content) // 2], "judged"),
        (lambda content: b"", "judged"),
        (lambda content: content.replace(b"PK\x03\x04", b"PK\x03\x05", 1), "header differs|judged"),
    ],
)
def test_nothing_may_stand_before_after_or_between(good, change, reason):
    good.path.write_bytes(change(good.path.read_bytes()))
    with pytest.raises(SealCheckFailed, match=reason):
        good.check()


def test_a_part_that_is_hidden_from_the_directory_is_noticed(good):
    parts = good.parts()
    with zipfile.ZipFile(good.path, "w") as container:
        for name, content in parts.items():
            container.writestr(zipfile.ZipInfo(name), content)
        container.writestr(zipfile.ZipInfo("hidden.txt"), b"secret")
        container.filelist.pop()
        del container.NameToInfo["hidden.txt"]
    with pytest.raises(SealCheckFailed, match="between the parts"):
        good.check()


def test_a_second_part_of_the_same_name_is_noticed(good):
    parts = good.parts()
    with zipfile.ZipFile(good.path, "w") as container:
        for name, content in parts.items():
            container.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            container.writestr(SIGNATURES, parts[SIGNATURES])
    with pytest.raises(SealCheckFailed, match="other parts"):
        good.check()


@pytest.mark.parametrize("how", ["compressed", "described afterwards", "extra field"])
def test_parts_are_stored_plainly(good, how):
    parts = good.parts()
    with zipfile.ZipFile(good.path, "w") as container:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED if how == "compressed" and name == "annex.txt" else 0
            entry.extra = b"\x99\x99\x00\x00" if how == "extra field" and name == "mimetype" else b""
            with container.open(entry, "w", force_zip64=how == "described afterwards" and name == MIMETYPE) as part:
                part.write(content)
    with pytest.raises(SealCheckFailed, match=r"stored plainly|extra fields|what it is"):
        good.check()


def test_what_was_expected_must_be_there(good, pki):
    files = good.expected_files()
    with pytest.raises(SealCheckFailed, match="other parts"):
        good.check(files=files[:1])
    with pytest.raises(SealCheckFailed, match="not the original"):
        good.check(files=[files[0], replace(files[1], sha256="00" * 32)])
    with pytest.raises(SealCheckFailed, match="not the original"):
        good.check(files=[files[0], ExpectedFile(files[1].name, files[1].size + 1, files[1].sha256)])
    with pytest.raises(SealCheckFailed, match="another certificate"):
        good.check(certificate=pki.signer("ec-p384").der)
    with pytest.raises(SealCheckFailed, match="trust anchor"):
        good.check(trust_anchors=(pki.signer("ec-p256").der,))
    with pytest.raises(SealCheckFailed, match="no business"):
        good.check(level="B-T")


def test_a_container_at_b_t_is_none_at_b_lt(pki, tmp_path):
    sealed = container_of(pki, tmp_path, FILES, level="B-T")
    sealed.check()
    with pytest.raises(SealCheckFailed, match="CertificateValues is missing"):
        sealed.check(level="B-LT")
    with pytest.raises(SealCheckFailed, match="trust anchor"):
        sealed.check(known_certificates=())


def test_the_window_of_both_times_includes_its_ends(good, pki):
    second = timedelta(seconds=1)
    assert good.check(timestamped_between=(pki.now, pki.now))
    for window in ((pki.now + second, pki.now + 2 * second), (pki.now - 2 * second, pki.now - second)):
        with pytest.raises(SealCheckFailed, match="window"):
            good.check(timestamped_between=window)


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256", "ec-p384"])
def test_a_signature_by_another_key_is_refused(pki, tmp_path, algorithm):
    stranger = new_key(algorithm)
    wrong = replace(pki.sealing_key(algorithm), sign=lambda message: sign(stranger, message))
    with pytest.raises(SealCheckFailed, match="signature value"):
        container_of(pki, tmp_path, FILES, algorithm=algorithm, key=wrong).check()


@pytest.mark.parametrize("flaw", ["other imprint", "ordinary certificate", "other root", "late"])
def test_a_flawed_timestamp_is_refused(pki, tmp_path, flaw):
    other_root = issue("Other root", issuer=None, now=pki.now, authority=True)
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    authorities = {
        "ordinary certificate": pki.signer("ec-p256"),
        "other root": issue("Other authority", issuer=other_root, now=pki.now, usage=stamping),
    }

    def timestamp(imprint):
        imprint = bytes(32) if flaw == "other imprint" else imprint
        at = pki.now + timedelta(minutes=1) if flaw == "late" else pki.now
        return timestamp_token(authorities.get(flaw, pki.authority), imprint, at)

    with pytest.raises(SealCheckFailed, match=r"something else|not one for timestamps|trust anchor|window"):
        container_of(pki, tmp_path, FILES, timestamp=timestamp).check()


@pytest.mark.parametrize("flaw", ["revoked signer", "outdated", "revoked issuer", "authority not covered"])
def test_material_that_does_not_prove_both_chains_is_refused(pki, tmp_path, flaw):
    usual = pki.material()
    signer, authority = usual.ocsps
    crls = usual.crls
    if flaw == "revoked signer":
        revoked = ocsp.OCSPCertStatus.REVOKED
        signer = answer(pki.signer(), pki.seal_issuer, pki.seal_responder, pki.now, status=revoked)
    if flaw == "outdated":
        at = pki.now - 9 * DAY
        signer = answer(pki.signer(), pki.seal_issuer, pki.seal_responder, at, next_update=at + DAY)
    if flaw == "revoked issuer":
        crls = (revocation_list(pki.root, pki.now, (pki.seal_issuer,)),)
    ocsps = (signer,) if flaw == "authority not covered" else (signer, authority)
    material = ValidationMaterial(usual.certificates, ocsps, crls)
    with pytest.raises(SealCheckFailed, match=r"revoked|revocation data"):
        container_of(pki, tmp_path, FILES, material=lambda: material).check()


def test_a_document_type_is_refused_before_anything_is_resolved(good, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    entity = b"?><!DOCTYPE a [<!ENTITY b SYSTEM 'file://%s'>]>" % str(secret).encode()
    with pytest.raises(SealCheckFailed, match="more than elements"):
        good.rewritten(edited(b"\\?>", entity)).check()


def test_an_empty_signature_with_a_valid_shape_is_refused(good):
    nothing = b'(<ds:SignatureValue Id="[^"]*">)[^<]*'
    for value in (b"", b64encode(bytes(64)), b64encode(b"\xff" * 64)):
        with pytest.raises(SealCheckFailed, match="signature value"):
            good.rewritten(edited(nothing, rb"\g<1>" + value)).check()
