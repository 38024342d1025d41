"""Every trick with ZIP and XML that is known ends in a documented answer, soon, and never in a pass."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from sealing.formats.keys import ValidationMaterial
from sealing.formats.sandbox import Sandbox
from sealing.formats.verification.engine import verify_file
from sealing.formats.verification.findings import Verification
from sealing.formats.verification.trust import Anchors
from sealing.formats.verification.words import ANSWERS
from tests.formats.handmade import ASIC_E, C14N, DIGESTS, EXCLUSIVE, container, reference, xades
from tests.formats.pki import Pki, answer, issue

OFFER = b"Offer 7: one bicycle"
FILES = {"offer.txt": OFFER}
SIGNATURE = "META-INF/signatures0.xml"
DS_OBJECT = "http://www.w3.org/2000/09/xmldsig#"


def verify(content: bytes, pki: Pki) -> Verification:
    return verify_file(io.BytesIO(content), Anchors(pki.anchors, ()), pki.now + timedelta(minutes=5))


@pytest.fixture(scope="module")
def signature(pki) -> bytes:
    return xades(pki, reference("offer.txt", OFFER))


@pytest.fixture(scope="module")
def honest(signature) -> bytes:
    return container(FILES | {SIGNATURE: signature})


def test_the_honest_container_passes(honest, pki):
    assert verify(honest, pki).code == "passed"


# --- ZIP -------------------------------------------------------------------------------------------------------------


def with_entries(content: bytes, *entries: tuple[zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """The container with more entries at its end, whatever they are called."""
    written = io.BytesIO(content)
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(written, "a") as archive:
        for entry, body in entries:
            archive.writestr(entry, body, method)
    return written.getvalue()


def entry(name: str, *, mode: int = 0o100644) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0))
    made.external_attr = mode << 16
    return made


def named(name: str, *, mode: int = 0o100644) -> Callable[[bytes], bytes]:
    return lambda content: with_entries(content, (entry(name, mode=mode), b"x"))


def patched_directory(offset: int, form: str, value: int) -> Callable[[bytes], bytes]:
    """The directory's record of the file with another value at an offset (APPNOTE 4.3.12)."""

    def patch(content: bytes) -> bytes:
        at = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
        return content[: at + offset] + struct.pack(form, value) + content[at + offset + struct.calcsize(form) :]

    return patch


def patched_header(offset: int, form: str, value: int) -> Callable[[bytes], bytes]:
    def patch(content: bytes) -> bytes:
        at = content.index(b"PK\x03\x04", 4)
        return content[: at + offset] + struct.pack(form, value) + content[at + offset + struct.calcsize(form) :]

    return patch


def overlapping(content: bytes) -> bytes:
    """Two directory records that lead to the same place, as in a bomb without recursion."""
    at = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    end = content.index(b"PK\x01\x02", at + 4)
    again = content[at:end].replace(b"offer.txt", b"other.txt")
    tail = content.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<HII", content, tail + 10)
    record = struct.pack("<HHII", count + 1, count + 1, size + len(again), start)
    return content[:tail] + again + content[tail : tail + 8] + record + content[tail + 20 :]


def hidden_between(content: bytes) -> bytes:
    """Bytes before the directory that no record leads to."""
    tail = content.rindex(b"PK\x05\x06")
    (start,) = struct.unpack_from("<I", content, tail + 16)
    moved = content[:tail] + content[tail : tail + 16] + struct.pack("<I", start + 50) + content[tail + 20 :]
    return moved[:start] + b"PK\x03\x04" + bytes(46) + moved[start:]


def two_ends(content: bytes) -> bytes:
    """A comment that is a second, empty directory: whoever looks for the first or the last finds another file."""
    other = b"PK\x05\x06" + bytes(18)
    return content[:-2] + struct.pack("<H", len(other)) + other


def renamed(content: bytes) -> bytes:
    return content.replace(b"offer.txt", b"offar.txt", 1)


def bomb(content: bytes) -> bytes:
    return with_entries(content, (entry("bomb"), bytes(64 << 20)), method=zipfile.ZIP_DEFLATED)


def crowd(content: bytes) -> bytes:
    return with_entries(content, *((entry(f"{number}"), b"") for number in range(2000)))


ZIP_TRICKS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a bomb of 1000 to 1": (bomb, "too_complex"),
    "a directory that promises four gigabytes": (patched_directory(24, "<I", 0xFFFFFFF0), "too_complex"),
    "thousands of entries": (crowd, "too_complex"),
    "overlapping entries": (overlapping, "ambiguous_container"),
    "something hidden between": (hidden_between, "ambiguous_container"),
    "something before the start": (lambda content: b"PK\x03\x04 prefix" + content, "ambiguous_container"),
    "something after the end": (lambda content: content + b"trailing", "unreadable"),
    "two ends": (two_ends, "ambiguous_container"),
    "a second signature file of the same name": (named(SIGNATURE), "ambiguous_container"),
    "a second file of the same name": (named("offer.txt"), "ambiguous_container"),
    "a name that leads outside": (named("../../etc/cron.d/x"), "unsafe_name"),
    "an absolute name": (named("/etc/passwd"), "unsafe_name"),
    "a name with backslashes": (named("..\\evil.exe"), "unsafe_name"),
    "a name with a drive": (named("C:evil.exe"), "unsafe_name"),
    "a name with a zero byte": (lambda content: named("offer@.exe")(content).replace(b"r@.", b"r\0."), "unsafe_name"),
    "a name that runs backwards": (named("offer\u202efdp.exe"), "unsafe_name"),
    "a name without an end": (named("x" * 1000), "unsafe_name"),
    "a link": (named("link", mode=0o120777), "unsafe_name"),
    "an encrypted entry": (patched_directory(8, "<H", 1), "encrypted"),
    "an entry that patches another": (patched_directory(8, "<H", 0x20), "container_not_supported"),
    "a version of ZIP to come": (patched_directory(6, "<H", 99), "container_not_supported"),
    "an unknown compression": (patched_directory(10, "<H", 97), "container_not_supported"),
    "a header with another name": (
        lambda content: content.replace(b"offer.txt", b"offar.txt", 1),
        "ambiguous_container",
    ),
    "a header with another size": (patched_header(22, "<I", 5), "ambiguous_container"),
    "a header with another checksum": (patched_header(14, "<I", 5), "ambiguous_container"),
    "a header that is encrypted": (patched_header(6, "<H", 1), "ambiguous_container"),
    "a long size without its field": (patched_header(22, "<I", 0xFFFFFFFF), "ambiguous_container"),
    "a directory with a lying size": (patched_directory(24, "<I", 5), "ambiguous_container"),
    "an archive in parts": (lambda content: content[:-18] + b"\x01" + content[-17:], "container_not_supported"),
    "half a file": (lambda content: content[: len(content) // 2], "unreadable"),
    "nothing but an end": (lambda _: b"PK\x05\x06" + bytes(18), "format_not_supported"),
}


@pytest.mark.parametrize("trick", ZIP_TRICKS)
def test_a_trick_with_zip_ends_in_its_answer(honest, pki, trick):
    change, code = ZIP_TRICKS[trick]
    found = verify(change(honest), pki)
    assert (found.code, found.signatures) == (code, ())


def test_a_damaged_part_is_told_and_names_of_other_code_pages_are_read(signature, pki):
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("mimetype", ASIC_E)
        archive.writestr("offer.txt", OFFER)
        archive.writestr(SIGNATURE, signature)
    damaged = stored.getvalue().replace(OFFER, OFFER.swapcase())
    assert verify(damaged, pki).code == "damaged_part"

    name = "pasiūlymas.txt"
    silent = container({name: OFFER, SIGNATURE: xades(pki, reference(name, OFFER))})
    flagged = struct.pack("<H", 0x800)
    assert flagged in silent
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = silent.index(magic, silent.index(magic) + 1)
        silent = silent[: at + offset] + b"\0\0" + silent[at + offset + 2 :]
    found = verify(silent, pki)
    assert (found.code, found.files[0].name) == ("passed", name)


def test_a_hundred_thousand_entries_and_a_bomb_cost_no_more_than_their_limits(honest, pki, tmp_path):
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0x21, 0, 0, 0, 1, 0) + b"x"
    record = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0x21, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    directory = record * 100_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 34_464, 34_464, len(directory), len(header), 0)
    lying = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(header), 0)
    with Sandbox() as sandbox:
        for number, content in enumerate((header + directory + end, header + directory + lying, bomb(honest))):
            path = tmp_path / f"{number}.asice"
            path.write_bytes(content)
            found = sandbox.verify_file(path, Anchors(pki.anchors, ()), pki.now)
            assert (found.code, found.size) == ("too_complex", len(content))


def test_a_deflated_part_that_grows_beyond_its_promise_is_damaged(honest, pki):
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = raw.compress(bytes(8 << 20)) + raw.flush()
    grown = with_entries(honest, (entry("grown"), packed))
    at = grown.rindex(b"PK\x01\x02")
    header = grown.index(b"PK\x03\x04", grown.index(b"grown") - 40)
    for position, offset in ((at, 10), (header, 8)):
        grown = grown[: position + offset] + struct.pack("<H", zipfile.ZIP_DEFLATED) + grown[position + offset + 2 :]
    found = verify(grown, pki)
    assert found.code in {"passed", "ambiguous_container"}
    assert all(not each.covered for each in found.files if each.name == "grown")


# --- XML -------------------------------------------------------------------------------------------------------------

BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
XML_DOCUMENTS: dict[str, Callable[[bytes], bytes]] = {
    "an entity bomb": lambda xml: b'<!DOCTYPE x [<!ENTITY l0 "ha">' + BILLION.encode() + b"]><x>&l9;</x>",
    "an external entity": lambda xml: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "a document type before a good signature": lambda xml: xml.replace(b"?>", b"?><!DOCTYPE x SYSTEM 'http://x/'>", 1),
    "default attributes": lambda xml: xml.replace(b"?>", b"?><!DOCTYPE x [<!ATTLIST x Id CDATA 'S0'>]>", 1),
    "an include": lambda xml: b'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></x>',
    "deep nesting": lambda xml: b"<x>" * 5000 + b"</x>" * 5000,
    "a million elements": lambda xml: b"<x>" + b"<y/>" * 200_000 + b"</x>",
    "a huge attribute": lambda xml: b'<x y="' + b"z" * (12 << 20) + b'"/>',
    "a million attributes": lambda xml: b"<x " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b"/>",
    "no XML": lambda xml: b"\xff\xfe\x00 certainly not",
    "another root": lambda xml: b"<x/>",
}


@pytest.mark.parametrize("trick", XML_DOCUMENTS)
def test_a_hostile_signature_document_is_answered_without_being_obeyed(signature, pki, trick):
    found = verify(container(FILES | {SIGNATURE: XML_DOCUMENTS[trick](signature)}), pki)
    assert ANSWERS[found.code].indication == "INDETERMINATE"


def transform(algorithm: str, inside: str = "") -> str:
    return f'<ds:Transforms><ds:Transform Algorithm="{algorithm}">{inside}</ds:Transform></ds:Transforms>'


XPATH = "<ds:XPath>ancestor-or-self::ds:Nothing</ds:XPath>"
XSLT = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'
REFERENCES: dict[str, tuple[Callable[[], str], str]] = {
    "an XSLT transform": (
        lambda: reference(
            "offer.txt", OFFER, transforms=transform("http://www.w3.org/TR/1999/REC-xslt-19991116", XSLT)
        ),
        "unsupported_transform",
    ),
    "an XPath transform": (
        lambda: reference(
            "offer.txt", OFFER, transforms=transform("http://www.w3.org/TR/1999/REC-xpath-19991116", XPATH)
        ),
        "unsupported_transform",
    ),
    "a base64 transform": (
        lambda: reference("offer.txt", OFFER, transforms=transform(f"{DS_OBJECT}base64")),
        "unsupported_transform",
    ),
    "an enveloped signature": (
        lambda: reference("x", b"", uri="", transforms=transform(f"{DS_OBJECT}enveloped-signature")),
        "unsupported_transform",
    ),
    "an xpointer": (lambda: reference("x", b"", uri="#xpointer(/)"), "signed_file_missing"),
    "a file of the host": (lambda: reference("x", b"", uri="file:///etc/passwd"), "outside_reference"),
    "a page of the internet": (lambda: reference("x", b"", uri="http://127.0.0.1/offer.txt"), "outside_reference"),
    "another host": (lambda: reference("x", b"", uri="//127.0.0.1/offer.txt"), "outside_reference"),
    "a file outside of the container": (lambda: reference("../../etc/passwd", b""), "signed_file_missing"),
    "a file that is not there": (lambda: reference("gone.txt", OFFER), "signed_file_missing"),
    "other content": (lambda: reference("offer.txt", b"Offer 8"), "changed_content"),
    "an Id that is nowhere": (lambda: reference("x", b"", uri="#nowhere"), "signed_file_missing"),
    "SHA-1": (lambda: reference("offer.txt", OFFER, digest="sha1"), "weak_algorithm"),
    "MD5": (lambda: reference("offer.txt", OFFER, digest="md5"), "weak_algorithm"),
    "an unknown digest": (
        lambda: reference("offer.txt", OFFER).replace(DIGESTS["sha256"], "urn:nothing"),
        "unsupported_algorithm",
    ),
    "ten thousand references": (lambda: reference("offer.txt", OFFER) * 10_000, "malformed_signature"),
    "no references to a file": (lambda: "", "signed_file_missing"),
}


@pytest.mark.parametrize("trick", REFERENCES)
def test_a_signature_over_something_odd_is_answered_though_its_value_is_right(pki, trick):
    references, code = REFERENCES[trick]
    found = verify(container(FILES | {SIGNATURE: xades(pki, references())}), pki)
    assert found.code == code


def wrapped(xml: bytes) -> bytes:
    """The genuine signature moved into an object of a forged one that is shown in its place."""
    start, end = xml.index(b"<ds:Signature "), xml.index(b"</asic:XAdESSignatures>")
    genuine = xml[start:end]
    forged = genuine.replace(b"offer.txt", b"other.txt").replace(
        b"<ds:Object>", b"<ds:Object>" + genuine + b"</ds:Object><ds:Object>", 1
    )
    return xml[:start] + forged + xml[end:]


def properties_twice(xml: bytes) -> bytes:
    """A second element of the same Id, before the one that was signed."""
    start = xml.index(b"<xades:SignedProperties")
    end = xml.index(b"</xades:SignedProperties>") + len(b"</xades:SignedProperties>")
    moved = xml[:start] + xml[start:end].replace(b"2026", b"2020") + xml[end:]
    return moved.replace(b"<ds:Object>", b"<ds:Object>" + xml[start:end] + b"</ds:Object><ds:Object>", 1)


CHANGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "wrapping": (wrapped, "malformed_signature"),
    "two elements with one Id": (properties_twice, "malformed_signature"),
    "properties of another signature": (
        lambda xml: xml.replace(b'Target="#S0"', b'Target="#S1"'),
        "malformed_signature",
    ),
    "two values": (
        lambda xml: xml.replace(b"<ds:KeyInfo>", b'<ds:SignatureValue Id="x">AA==</ds:SignatureValue><ds:KeyInfo>'),
        "malformed_signature",
    ),
    "an element in a value": (
        lambda xml: xml.replace(b"</ds:SignatureValue>", b"<x/></ds:SignatureValue>"),
        "malformed_signature",
    ),
    "an inherited attribute": (
        lambda xml: xml.replace(b"<asic:XAdESSignatures", b'<asic:XAdESSignatures xml:lang="lt"', 1),
        "unsupported_transform",
    ),
    "another algorithm for the same value": (
        lambda xml: xml.replace(b"#ecdsa-sha256", b"#rsa-sha256"),
        "wrong_signature_value",
    ),
    "an unknown algorithm": (lambda xml: xml.replace(b"#ecdsa-sha256", b"#hmac-sha256"), "unsupported_algorithm"),
}


@pytest.mark.parametrize("trick", CHANGES)
def test_a_signature_that_was_rearranged_does_not_pass(pki, trick):
    change, code = CHANGES[trick]
    xml = xades(pki, reference("offer.txt", OFFER), canonicalization=C14N)
    found = verify(container(FILES | {"other.txt": OFFER, SIGNATURE: change(xml)}), pki)
    assert found.code == code


def test_a_comment_changes_nothing_where_it_is_left_out_and_breaks_what_keeps_it(pki):
    for canonicalization, code in ((EXCLUSIVE, "passed"), (f"{C14N}#WithComments", "wrong_signature_value")):
        xml = xades(pki, reference("offer.txt", OFFER), canonicalization=canonicalization)
        commented = xml.replace(b"<ds:SignedInfo>", b"<ds:SignedInfo><!-- nothing -->")
        assert verify(container(FILES | {SIGNATURE: commented}), pki).code == code
    honest = xades(pki, reference("offer.txt", OFFER))
    value = honest[honest.index(b"<ds:DigestValue>") + 16 :][:44]
    split = honest.replace(value, value[:9] + b"<!-- read as a whole -->" + value[9:], 1)
    assert verify(container(FILES | {SIGNATURE: split}), pki).code == "passed"


def test_a_signature_must_protect_whose_it_is(pki):
    over = reference("offer.txt", OFFER)
    for changes in ({"sign_properties": False}, {"with_properties": False}):
        assert verify(container(FILES | {SIGNATURE: xades(pki, over, **changes)}), pki).code == "properties_not_signed"
    other = xades(pki, over, named=pki.signer("ec-p384").der)
    assert verify(container(FILES | {SIGNATURE: other}), pki).code == "no_signing_certificate"


@pytest.mark.parametrize(
    ("algorithm", "code"), [("rsa-1024", "weak_algorithm"), ("rsa-2048", "passed"), ("ec-p384", "passed")]
)
def test_a_key_must_be_long_enough(pki, algorithm, code):
    signer = issue("Signer", issuer=pki.seal_issuer, now=pki.now, algorithm=algorithm)
    lent = ValidationMaterial((pki.seal_issuer.der,), (answer(signer, pki.seal_issuer, pki.seal_responder, pki.now),))
    content = container(FILES | {SIGNATURE: xades(pki, reference("offer.txt", OFFER), signer=signer)})
    found = verify_file(io.BytesIO(content), Anchors(pki.anchors, ()), pki.now + timedelta(minutes=5), lent=lent)
    assert found.code == code


def test_weak_digests_of_the_value_prove_nothing(pki):
    content = container(FILES | {SIGNATURE: xades(pki, reference("offer.txt", OFFER), digest="sha1")})
    assert verify(content, pki).code == "weak_algorithm"


def test_hostile_manifests_and_tokens_are_answered(pki):
    for name in ("ASiCManifest.xml", "ASiCArchiveManifest.xml", "timestamp.tst", "signature.p7s", "signatures1.xml"):
        for body in (b"", b"<x/>", b"\x30\x80\x06", b"<!DOCTYPE x>", bytes(1000)):
            found = verify(container(FILES | {f"META-INF/{name}": body}), pki)
            assert found.code != "passed"
            assert found.code in ANSWERS
