import hashlib
import string
import zipfile
from base64 import b64decode
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from sealing.formats.container import MANIFEST, MEDIA_TYPE, MIMETYPE, SIGNATURES, name_fault
from sealing.formats.errors import UnsealableDocument
from sealing.formats.keys import SIGNATURE_SIZES
from sealing.formats.xades import SignedFile, XadesProperties, draft_signature
from tests.formats.containers import (
    DS,
    XADES,
    container_of,
    openssl_accepts_timestamp,
    unpacked,
    xmlsec_accepts,
)
from tests.formats.test_large_files import MEBIBYTE, peak_memory, reset_peak

FILES = {
    "contract.docx": b"not really\r\n",
    "Priedas Nr. 1 (žąsis) & 100%+.txt": "ąčę".encode(),
    "空.bin": bytes(range(256)),
}


@pytest.fixture(scope="module")
def pem(pki, tmp_path_factory):
    """The root, and the issuers below it, as PEM files."""
    folder = tmp_path_factory.mktemp("pem")

    def write(name, *entities):
        path = folder / name
        path.write_bytes(b"".join(e.certificate.public_bytes(serialization.Encoding.PEM) for e in entities))
        return path

    return write("root.pem", pki.root), write("issuers.pem", pki.seal_issuer, pki.time_issuer)


@pytest.mark.parametrize("algorithm", sorted(SIGNATURE_SIZES))
@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_every_key_and_level_satisfies_our_gate_unzip_xmlsec_and_openssl(pki, pem, tmp_path, level, algorithm):
    sealed = container_of(pki, tmp_path, FILES, level=level, algorithm=algorithm, role="Approved & <sealed>")
    checked = sealed.check()
    assert (checked.level, checked.timestamp_at, checked.signing_time) == (level, pki.now, pki.now)
    assert checked.archived_at == (pki.now if level == "B-LTA" else None)
    assert checked.timestamp_certificate == pki.authority.der
    folder = unpacked(sealed.path, tmp_path / "unpacked")
    assert xmlsec_accepts(folder, *pem)
    signature = sealed.signature()
    value = etree.tostring(signature.find(f".//{DS}SignatureValue"), method="c14n")
    token = b64decode(signature.findtext(f".//{XADES}EncapsulatedTimeStamp"))
    assert token == sealed.result.timestamp_token
    assert openssl_accepts_timestamp(token, value, tmp_path, *pem)


def test_the_tools_notice_what_was_changed(pki, pem, tmp_path):
    sealed = container_of(pki, tmp_path, FILES)
    folder = unpacked(sealed.path, tmp_path / "unpacked")
    (folder / "空.bin").write_bytes(b"changed")
    assert not xmlsec_accepts(folder, *pem)
    assert not openssl_accepts_timestamp(sealed.result.timestamp_token, b"something else", tmp_path, *pem)


def test_the_first_bytes_say_what_the_file_is_and_the_parts_are_in_order(pki, tmp_path):
    sealed = container_of(pki, tmp_path, FILES)
    content = sealed.path.read_bytes()
    assert content[:4] == b"PK\x03\x04"
    assert content[8:10] == bytes(2)  # stored
    assert content[26:30] == b"\x08\x00\x00\x00"  # a name of eight bytes, no extra field
    assert content[30 : 38 + len(MEDIA_TYPE)] == b"mimetype" + MEDIA_TYPE.encode()
    assert list(sealed.parts()) == [MIMETYPE, *FILES, MANIFEST, SIGNATURES]
    assert {name: sealed.parts()[name] for name in FILES} == FILES
    assert sealed.result.size == len(content)


def test_the_signature_has_what_the_baseline_wants_and_nothing_it_forbids(pki, tmp_path):
    """ETSI EN 319 132-1, 6.3."""
    material = pki.material()
    sealed = container_of(pki, tmp_path, FILES, place="Vilnius", role="Approved", material=lambda: material)
    signature = sealed.signature()

    def all_of(name, space=XADES):
        return signature.findall(f".//{space}{name}")

    assert [len(all_of(name)) for name in ("SigningTime", "SigningCertificateV2", "SigningCertificate")] == [1, 1, 0]
    assert all_of("SigningTime")[0].text == f"{pki.now:%Y-%m-%dT%H:%M:%SZ}"
    assert [len(all_of(name)) for name in ("SignatureTimeStamp", "EncapsulatedTimeStamp")] == [1, 1]
    assert [len(all_of(name)) for name in ("CertificateValues", "RevocationValues")] == [1, 1]
    references = [reference.get("Id") for reference in all_of("Reference", DS)[:-1]]
    assert [each.get("ObjectReference") for each in all_of("DataObjectFormat")] == [f"#{each}" for each in references]
    assert len(set(references)) == len(FILES)
    embedded = [b64decode(each.text) for each in all_of("EncapsulatedX509Certificate")]
    assert embedded == list(material.certificates)
    assert [b64decode(each.text) for each in all_of("EncapsulatedOCSPValue")] == list(material.ocsps)
    assert [b64decode(each.text) for each in all_of("EncapsulatedCRLValue")] == list(material.crls)
    assert (all_of("City")[0].text, all_of("ClaimedRole")[0].text) == ("Vilnius", "Approved")
    names = [reference.get("URI") for reference in all_of("Reference", DS)]
    assert names[1] == "Priedas%20Nr.%201%20%28%C5%BE%C4%85sis%29%20%26%20100%25%2B.txt"


def test_at_b_t_nothing_is_embedded_that_belongs_to_the_next_level(pki, tmp_path):
    sealed = container_of(pki, tmp_path, FILES, level="B-T", material=lambda: pytest.fail("not asked for"))
    assert sealed.signature().find(f".//{XADES}CertificateValues") is None
    sealed.check()


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=30)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)
MEDIA_TYPES = st.text(string.ascii_letters + "&/.+-", min_size=1, max_size=20)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(NAMES, min_size=1, max_size=4),
    texts=st.tuples(TEXTS, TEXTS),
    media_type=MEDIA_TYPES,
    algorithm=st.sampled_from(["rsa-2048", "ec-p384"]),
    level=st.sampled_from(["B-T", "B-LT"]),
)
def test_what_is_written_equals_what_canonicalization_gives(pki, names, texts, media_type, algorithm, level):
    """The bytes that are signed, stamped and digested are those of lxml's inclusive Canonical XML 1.0."""
    files = [SignedFile(name, media_type, hashlib.sha256(name.encode()).digest()) for name in names]
    key = pki.sealing_key(algorithm)
    draft = draft_signature(key, files, XadesProperties(pki.now, *texts))
    signature = key.sign(draft.to_be_signed)
    document = draft.assemble(signature, b"token", pki.material() if level == "B-LT" else None)
    root = etree.fromstring(document)

    def canonical(name):
        return etree.tostring(root.find(f".//{name}"), method="c14n")

    assert canonical(f"{DS}SignedInfo") == draft.to_be_signed
    assert canonical(f"{DS}SignatureValue") == draft.to_be_stamped(signature)
    own = root.findall(f".//{DS}DigestValue")
    digest = hashlib.sha256(canonical(f"{XADES}SignedProperties")).digest()
    assert b64decode(root.findall(f".//{DS}Reference")[-1].findtext(f"{DS}DigestValue")) == digest
    assert len(own) == len(names) + 2
    assert etree.tostring(root, method="c14n") == document.partition(b"\n")[2]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.dictionaries(NAMES, st.binary(max_size=3_000), min_size=1, max_size=5), data=st.data())
def test_whatever_the_files_are_called_and_contain_they_come_back_from_the_container(pki, tmp_path, contents, data):
    names = list(contents)
    faults = [name_fault(name, names[:number]) for number, name in enumerate(names)]
    if any(faults):
        with pytest.raises(UnsealableDocument, match="_name"):
            container_of(pki, tmp_path, contents)
        return
    sealed = container_of(pki, tmp_path, contents, algorithm="ec-p256", level="B-T")
    sealed.check()
    assert {name: sealed.parts()[name] for name in contents} == contents
    changed = data.draw(st.sampled_from(names))
    with pytest.raises(Exception, match="original"):
        sealed.rewritten(lambda parts: parts.update({changed: parts[changed] + b"!"})).check()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("contract.docx", None),
        ("x" * 255, None),
        ("ž" * 127, None),
        ("META-INF.txt", None),
        ("..a", None),
        ("", "unsafe_name"),
        (".", "unsafe_name"),
        ("..", "unsafe_name"),
        ("/etc/passwd", "unsafe_name"),
        ("a/b.txt", "unsafe_name"),
        ("META-INF/signatures1.xml", "unsafe_name"),
        ("a\\b.txt", "unsafe_name"),
        ("a\0.txt", "unsafe_name"),
        ("a\n.txt", "unsafe_name"),
        ("a\ufffe.txt", "unsafe_name"),
        ("a\ud800.txt", "unsafe_name"),
        ("x" * 256, "unsafe_name"),
        ("ž" * 128, "unsafe_name"),
        ("mimetype", "reserved_name"),
        ("MimeType", "reserved_name"),
        ("META-INF", "reserved_name"),
        ("meta-inf", "reserved_name"),
        ("here.txt", "duplicate_name"),
        ("HERE.TXT", "duplicate_name"),
        ("Žemė", "duplicate_name"),
    ],
)
def test_a_name_that_could_mislead_whoever_unpacks_is_refused_with_the_reason(pki, tmp_path, name, fault):
    assert name_fault(name, ["here.txt", "Z\u030ceme\u0307"]) == fault
    if fault not in {None, "duplicate_name"}:
        with pytest.raises(UnsealableDocument, match=fault):
            container_of(pki, tmp_path, {name: b"x"})


def test_a_container_is_never_empty_and_never_of_another_level(pki, tmp_path):
    with pytest.raises(ValueError, match="without files"):
        container_of(pki, tmp_path, {})
    with pytest.raises(ValueError, match="level"):
        container_of(pki, tmp_path, FILES, level="B-B")


def test_when_sealing_fails_nothing_is_left_behind(pki, tmp_path):
    def unavailable(_imprint):
        raise ConnectionError("no timestamp today")

    with pytest.raises(ConnectionError):
        container_of(pki, tmp_path, FILES, timestamp=unavailable)
    assert not list(tmp_path.glob("*.asice"))


def test_a_hundred_files_are_sealed_together(pki, pem, tmp_path):
    sealed = container_of(pki, tmp_path, {f"file {number}.txt": b"%d" % number for number in range(100)})
    sealed.check()
    assert xmlsec_accepts(unpacked(sealed.path, tmp_path / "unpacked"), *pem)


def test_a_file_too_large_for_classic_zip_gets_64_bit_sizes_and_the_mimetype_stays_first(pki, tmp_path, monkeypatch):
    """The limit is lowered instead of writing four gigabytes."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 3_000)
    sealed = container_of(pki, tmp_path, {"small.txt": b"small", "large.bin": bytes(5_000), "after.txt": b"after"})
    monkeypatch.undo()
    content = sealed.path.read_bytes()
    assert content[28:30] == bytes(2)
    assert b"PK\x06\x06" in content  # the directory's 64-bit end
    sealed.check()
    unpacked(sealed.path, tmp_path / "unpacked")


def test_a_hundred_megabytes_are_sealed_and_checked_without_holding_them_in_memory(pki, tmp_path):
    container_of(pki, tmp_path, FILES).check()
    large = tmp_path / "large.mkv"
    with large.open("wb") as stream:
        for _ in range(100):
            stream.write(bytes(MEBIBYTE))
    reset_peak()
    before = peak_memory()
    sealed = container_of(pki, tmp_path, {"large.mkv": large})
    sealed.check()
    assert peak_memory() - before < 10 * MEBIBYTE
    assert sealed.result.size > 100 * MEBIBYTE


def test_the_signing_time_is_written_in_utc_whatever_zone_it_comes_in(pki, tmp_path):
    draft = draft_signature(pki.sealing_key(), [], XadesProperties(datetime.fromisoformat("2026-11-23T01:30:00+02:00")))
    assert "<xades:SigningTime>2026-11-22T23:30:00Z</xades:SigningTime>" in draft.signed_properties
