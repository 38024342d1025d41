"""Anybody's container or detached signature gets one of three verdicts, whoever made it and in whichever way."""

from __future__ import annotations

import hashlib
import io
import random
import re
import zipfile
from datetime import timedelta

import pytest
from asn1crypto import cms, core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from sealing.formats.cades import seal_digest
from sealing.formats.der import tlv
from sealing.formats.keys import SIGNATURE_SIZES, ValidationMaterial
from sealing.formats.sample import sample_container
from sealing.formats.verification.engine import verify_file
from sealing.formats.verification.findings import Verification, from_message, to_message
from sealing.formats.verification.trust import Anchors
from sealing.formats.verification.words import ANSWERS, CHANGES, CONTAINER_WARNINGS, NOTES, PASSED
from tests.formats.containers import container_of
from tests.formats.handmade import (
    ASIC_S,
    C14N,
    DS,
    EXCLUSIVE,
    XADES,
    base64,
    canonical,
    container,
    find,
    reference,
    xades,
)
from tests.formats.pki import DAY, Pki, revocation_list, timestamp_token

FILES = {"offer.txt": b"Offer 7: one bicycle", "žalias+dviratis 100%.csv": b"a;b\n1;2\n"}


def verify(content: bytes, pki: Pki, **changes: object) -> Verification:
    arguments = {"anchors": Anchors(pki.anchors, ()), "now": pki.now + timedelta(minutes=5)} | changes
    return verify_file(io.BytesIO(content), arguments.pop("anchors"), arguments.pop("now"), **arguments)


def signed_by_hand(pki: Pki, files: dict[str, bytes] = FILES, mimetype: str | None = None, **changes: object) -> bytes:
    references = "".join(reference(name, content) for name, content in files.items())
    parts = files | {"META-INF/signatures0.xml": xades(pki, references, **changes)}
    return container(parts, mimetype) if mimetype else container(parts)


def detached(
    pki: Pki, content: bytes, level: str = "B-LT", algorithm: str = "rsa-2048", digest: str = "sha256"
) -> bytes:
    return seal_digest(
        digest=hashlib.new(digest, content).digest(),
        key=pki.sealing_key(algorithm, digest),
        timestamp=pki.timestamp,
        material=lambda: pki.material(algorithm),
        level=level,
        signed_at=pki.now,
    ).cms


def digests(content: bytes) -> dict[str, bytes]:
    return {name: hashlib.new(name, content).digest() for name in ("sha1", "sha256", "sha384", "sha512")}


def manifest(signature: str, files: dict[str, bytes]) -> bytes:
    listed = "".join(
        f'<asic:DataObjectReference URI="{name}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{base64(hashlib.sha256(content).digest())}</ds:DigestValue></asic:DataObjectReference>"
        for name, content in files.items()
    )
    return (
        f'<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="{DS}">'
        f'<asic:SigReference URI="{signature}"/>{listed}</asic:ASiCManifest>'
    ).encode()


def with_cades(pki: Pki, files: dict[str, bytes] = FILES, level: str = "B-LT") -> dict[str, bytes]:
    listed = manifest("META-INF/signature001.p7s", files)
    return files | {
        "META-INF/ASiCManifest001.xml": listed,
        "META-INF/signature001.p7s": detached(pki, listed, level),
    }


# --- Our own ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", sorted(SIGNATURE_SIZES))
@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_a_container_and_a_detached_seal_of_ours_pass_at_every_level_and_with_every_key(
    pki, tmp_path, algorithm, level
):
    content = container_of(pki, tmp_path, FILES, level=level, algorithm=algorithm).path.read_bytes()
    lent = pki.material(algorithm) if level == "B-T" else ValidationMaterial()
    found = verify(content, pki, lent=lent)
    (one,) = found.signatures
    assert (found.code, found.form, found.warnings) == ("passed", "ASiC-E", ())
    assert (one.format, one.level, one.changes, one.proven_at) == ("XAdES", level, "whole", pki.now)
    assert one.covers == tuple(FILES)
    assert [(each.name, each.size, each.covered) for each in found.files] == [
        (name, len(content), True) for name, content in FILES.items()
    ]
    assert from_message(to_message(found)) == found

    apart = verify(detached(pki, b"x", level, algorithm), pki, digests=digests(b"x"), lent=lent)
    assert (apart.code, apart.form, apart.signatures[0].level) == ("passed", "CMS", level)


def test_a_seal_of_level_b_t_needs_proof_from_elsewhere_and_no_level_rests_on_it(pki, tmp_path):
    content = container_of(pki, tmp_path, FILES, level="B-T").path.read_bytes()
    assert verify(content, pki).code == "untrusted"  # the issuer is not in the container
    assert verify(content, pki, lent=pki.material()).signatures[0].level == "B-T"
    revoked = ValidationMaterial(
        pki.material().certificates, pki.material().ocsps, (revocation_list(pki.root, pki.now, (pki.seal_issuer,)),)
    )
    assert verify(content, pki, lent=revoked).code == "issuer_revoked"


# --- Everybody's -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("canonicalization", [C14N, EXCLUSIVE, f"{C14N}#WithComments", f"{EXCLUSIVE}WithComments"])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_every_canonicalization_and_strong_digest_is_understood(pki, canonicalization, digest):
    content = signed_by_hand(pki, canonicalization=canonicalization, digest=digest)
    found = verify(content, pki)
    assert (found.code, found.signatures[0].level) == ("passed", "B-LT")


def test_levels_are_told_by_what_is_there(pki):
    assert verify(signed_by_hand(pki, timestamp=False, material=False), pki).signatures[0].level == "B-B"
    assert verify(signed_by_hand(pki, material=False), pki).signatures[0].level == "B-T"
    archived = signed_by_hand(pki, archive_over=tuple(FILES.values()))
    assert (verify(archived, pki).code, verify(archived, pki).signatures[0].level) == ("passed", "B-LTA")
    stranger = signed_by_hand(pki, archive_over=(b"something else",))
    found = verify(stranger, pki)
    assert (found.code, found.signatures[0].level) == ("passed", "B-LT")
    assert found.signatures[0].notes == ("broken_archive_timestamp",)


def test_a_cades_container_passes_and_an_archive_manifest_makes_it_last(pki):
    parts = with_cades(pki)
    plain = verify(container(parts), pki)
    assert (plain.code, plain.signatures[0].format, plain.signatures[0].changes) == ("passed", "CAdES", "whole")

    listed = manifest("META-INF/timestamp001.tst", parts)
    token = timestamp_token(pki.authority, hashlib.sha256(listed).digest(), pki.now)
    parts |= {"META-INF/ASiCArchiveManifest.xml": listed, "META-INF/timestamp001.tst": token}
    found = verify(container(parts), pki)
    assert [(each.kind, each.code, each.level) for each in found.signatures] == [
        ("signature", "passed", "B-LTA"),
        ("timestamp", "passed", ""),
    ]


def test_a_single_file_may_have_a_cms_signature_or_a_timestamp_only(pki):
    one = {"offer.txt": b"Offer 7"}
    signed = verify(container(one | {"META-INF/signature.p7s": detached(pki, b"Offer 7")}, ASIC_S), pki)
    assert (signed.code, signed.form, signed.signatures[0].covers) == ("passed", "ASiC-S", ("offer.txt",))
    token = pki.timestamp(hashlib.sha256(b"Offer 7").digest())
    material = pki.material()
    stamped = container(one | {"META-INF/timestamp.tst": token}, ASIC_S)
    found = verify(stamped, pki, lent=material)
    assert (found.code, found.signatures[0].kind, found.signatures[0].proven_at) == ("passed", "timestamp", pki.now)
    assert verify(container({"a": b"1", "b": b"2", "META-INF/timestamp.tst": token}, ASIC_S), pki).code == (
        "ambiguous_container"
    )
    assert verify(container({"META-INF/timestamp.tst": token}, ASIC_S), pki).code == "signed_file_missing"
    torn = verify(container(one | {"META-INF/timestamp.tst": b"no token"}, ASIC_S), pki).signatures[0]
    assert (torn.kind, torn.changes in CHANGES) == ("timestamp", True)


def test_several_signatures_are_judged_one_by_one_and_the_worst_decides(pki):
    first = xades(pki, reference("offer.txt", FILES["offer.txt"]))
    second = xades(pki, reference("offer.txt", b"another offer"), identifier="S1")
    parts = {"offer.txt": FILES["offer.txt"], "META-INF/signatures0.xml": first, "META-INF/signatures1.xml": second}
    found = verify(container(parts), pki)
    assert sorted(each.code for each in found.signatures) == ["changed_content", "passed"]
    assert found.code == "changed_content"


def test_a_file_that_nobody_signed_is_told(pki):
    content = signed_by_hand(pki)
    more = container({**FILES, "smuggled.exe": b"MZ", "META-INF/signatures0.xml": part(content)})
    found = verify(more, pki)
    assert (found.code, found.warnings) == ("passed", ("uncovered_files",))
    assert [each.name for each in found.files if not each.covered] == ["smuggled.exe"]
    assert found.signatures[0].changes == "part"


def part(content: bytes, name: str = "META-INF/signatures0.xml") -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def test_a_countersignature_is_judged_and_is_over_no_file(pki):
    outer = signed_by_hand(pki)
    root = etree.fromstring(part(outer))
    value = find(root, DS, "SignatureValue")
    digest = base64(hashlib.sha256(canonical(value, C14N)).digest())
    over = (
        '<ds:Reference Type="http://uri.etsi.org/01903#CountersignedSignature" URI="#S0-V">'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
    )
    counter = etree.fromstring(xades(pki, over, identifier="C0"))[0]
    holder = etree.SubElement(find(root, XADES, "UnsignedSignatureProperties"), f"{{{XADES}}}CounterSignature")
    holder.append(counter)
    found = verify(container(FILES | {"META-INF/signatures0.xml": etree.tostring(root)}), pki)
    assert [(each.kind, each.code) for each in found.signatures] == [
        ("signature", "passed"),
        ("countersignature", "passed"),
    ]
    assert found.signatures[1].covers == ()


def test_a_time_mark_is_no_timestamp_and_a_policy_is_noted(pki):
    def policy(oid: str) -> str:
        return (
            "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId><xades:Identifier>"
            f"urn:oid:{oid}</xades:Identifier></xades:SigPolicyId></xades:SignaturePolicyId>"
            "</xades:SignaturePolicyIdentifier>"
        )

    marked = verify(signed_by_hand(pki, policy=policy("1.3.6.1.4.1.10015.1000.3.2.1"), timestamp=False), pki)
    assert (marked.code, ANSWERS[marked.code].sub_indication) == ("time_mark", "NO_POE")
    noted = verify(signed_by_hand(pki, policy=policy("1.2.3")), pki)
    assert (noted.code, noted.signatures[0].notes) == ("passed", ("policy",))
    implied = "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/></xades:SignaturePolicyIdentifier>"
    assert verify(signed_by_hand(pki, policy=implied), pki).signatures[0].notes == ()


def test_what_is_no_container_of_signatures_is_told_as_what_it_is(pki):
    assert verify(sample_container(), pki).code == "no_signature"
    assert verify(container({"word/document.xml": b"<w/>"}, None), pki).code == "format_not_supported"
    assert verify(b'<?xml version="1.0"?><SignedDoc format="DIGIDOC-XML"/>', pki).code == "ddoc"
    record = container({"a.txt": b"1", "META-INF/evidencerecord.ers": b"0"}, ASIC_S)
    assert verify(record, pki).code == "evidence_record"
    odd = verify(container(FILES | {"META-INF/signatures0.xml": part(signed_by_hand(pki))}, "text/plain"), pki)
    assert (odd.code, odd.warnings) == ("passed", ("mimetype_wrong",))


# --- Detached --------------------------------------------------------------------------------------------------------


def test_a_detached_signature_needs_its_document_or_the_right_digest_of_it(pki):
    content = detached(pki, b"Offer 7", algorithm="ec-p384", digest="sha384")
    assert verify(content, pki).code == "document_needed"
    assert verify(content, pki, digests={"sha256": hashlib.sha256(b"Offer 7").digest()}).code == "document_needed"
    assert verify(content, pki, digests=digests(b"Offer 8")).code == "changed_content"
    found = verify(content, pki, digests={"sha384": hashlib.sha384(b"Offer 7").digest()})
    assert (found.code, found.signatures[0].changes) == ("passed", "document")
    pem = b"-----BEGIN PKCS7-----\n" + base64(content).encode() + b"\n-----END PKCS7-----\n"
    assert verify(pem, pki, digests=digests(b"Offer 7")).code == "passed"


def test_enclosed_content_and_a_lone_timestamp_are_understood_and_every_signer_is_judged(pki):
    info = cms.ContentInfo.load(detached(pki, b"Offer 7"))
    info["content"]["encap_content_info"] = {"content_type": "data", "content": b"Offer 7"}
    assert verify(info.dump(), pki).code == "passed"
    assert verify(info.dump(), pki, digests=digests(b"Offer 8")).code == "changed_content"

    other = cms.ContentInfo.load(detached(pki, b"Offer 7", algorithm="ec-p256"))
    both = cms.ContentInfo.load(detached(pki, b"Offer 7"))
    both["content"]["signer_infos"] = [*both["content"]["signer_infos"], *other["content"]["signer_infos"]]
    both["content"]["certificates"] = [*both["content"]["certificates"], *other["content"]["certificates"]]
    both["content"]["crls"] = [*both["content"]["crls"], *other["content"]["crls"]]
    found = verify(both.dump(), pki, digests=digests(b"Offer 7"))
    assert [each.code for each in found.signatures] == ["passed", "passed"]

    token = verify(pki.timestamp(hashlib.sha256(b"x").digest()), pki, digests=digests(b"x"), lent=pki.material())
    assert (token.code, token.signatures[0].kind) == ("passed", "timestamp")


def with_archive_timestamp(pki: Pki, content: bytes, document: bytes, *, more: bytes = b"") -> bytes:
    """An archive timestamp of version 3 (EN 319 122-1, 5.5.3), put together from the parts of the encoding."""

    def hashed(*encodings: bytes) -> bytes:
        return b"".join(tlv(0x04, hashlib.sha256(der).digest()) for der in encodings)

    info = cms.ContentInfo.load(content)
    signer = info["content"]["signer_infos"][0]
    algorithm = cms.DigestAlgorithm({"algorithm": "sha256"}).dump()
    values = [each["type"].dump() + value.dump() for each in signer["unsigned_attrs"] for value in each["values"]]
    lists = [
        [each.dump() for each in info["content"]["certificates"]],
        [each.dump() for each in info["content"]["crls"]],
        [*values, more] if more else values,
    ]
    index = tlv(0x30, algorithm, *(tlv(0x30, hashed(*each)) for each in lists))
    fields = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    over = core.ObjectIdentifier("1.2.840.113549.1.7.1").dump() + hashlib.sha256(document).digest()
    over += b"".join(signer[name].dump() for name in fields) + index
    token = timestamp_token(pki.authority, hashlib.sha256(over).digest(), pki.now)
    return with_unsigned(content, "0.4.0.1733.2.4", with_unsigned(token, "0.4.0.19122.1.5", index))


def with_unsigned(content: bytes, kind: str, value: bytes) -> bytes:
    """A CMS with one more unsigned attribute of its signer; everything else stays as it is encoded."""
    signed = cms.ContentInfo.load(content)["content"]
    signer = signed["signer_infos"][0]
    fields = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    known = [each.dump() for each in signer["unsigned_attrs"]]
    added = tlv(0x30, core.ObjectIdentifier(kind).dump(), tlv(0x31, value))
    changed = tlv(0x30, *(signer[name].dump() for name in fields), tlv(0xA1, *known, added))
    heads = ("version", "digest_algorithms", "encap_content_info", "certificates", "crls")
    body = tlv(0x30, *(signed[name].dump() for name in heads), tlv(0x31, changed))
    return tlv(0x30, core.ObjectIdentifier("1.2.840.113549.1.7.2").dump(), tlv(0xA0, body))


def test_an_archive_timestamp_inside_a_cms_signature_makes_it_b_lta_unless_its_index_lists_what_is_not_there(pki):
    content = detached(pki, b"Offer 7")
    found = verify(with_archive_timestamp(pki, content, b"Offer 7"), pki, digests=digests(b"Offer 7"))
    assert (found.code, found.signatures[0].level, found.signatures[0].notes) == ("passed", "B-LTA", ())
    for broken in (
        with_archive_timestamp(pki, content, b"Offer 8"),
        with_archive_timestamp(pki, content, b"Offer 7", more=b"gone"),
    ):
        found = verify(broken, pki, digests=digests(b"Offer 7"))
        assert (found.signatures[0].level, found.signatures[0].notes) == ("B-LT", ("broken_archive_timestamp",))


# --- Tampering -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours(pki, tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("ours")
    return container_of(pki, folder, FILES, algorithm="ec-p256").path.read_bytes()


@pytest.mark.parametrize(
    "place",
    [b"Offer 7", b"<ds:SignatureValue", b"<xades:SigningTime>", b"EncapsulatedTimeStamp>", b"EncapsulatedOCSPValue>"],
)
def test_no_bit_of_what_counts_can_change_and_still_pass(pki, ours, place):
    """One bit in a file, the value, the signed properties, the timestamp, the answer; with right checksums."""
    for step in (40, 60, 90):
        name = "offer.txt" if place == b"Offer 7" else "META-INF/signatures0.xml"
        parts = {each: bytearray(part(ours, each)) for each in [*FILES, "META-INF/signatures0.xml"]}
        at = parts[name].index(place) + (3 if name == "offer.txt" else len(place) + step % 40)
        letter = parts[name][at]
        parts[name][at] = letter ^ 1 if name == "offer.txt" else ord("A" if letter != ord("A") else "B")
        assert verify(container({each: bytes(content) for each, content in parts.items()}), pki).code != "passed", at


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(max_size=8), st.integers(0, 9)), max_size=5))
def test_a_mutated_container_is_answered_and_passes_only_with_its_files_unchanged(ours, pki, edits):
    content = bytearray(ours)
    for position, replacement, removed in edits:
        start = position % (len(content) + 1)
        content[start : start + removed] = replacement
    found = verify(bytes(content), pki)
    assert found.code in ANSWERS
    if found.code == "passed":
        covered = {name for each in found.signatures for name in each.covers}
        assert covered == set(FILES)
        assert {name: part(bytes(content), name) for name in FILES} == FILES


def test_a_flipped_bit_anywhere_never_makes_another_file_pass(ours, pki):
    picker = random.Random(7)
    for _ in range(300):
        content = bytearray(ours)
        content[picker.randrange(len(content))] ^= 1 << picker.randrange(8)
        found = verify(bytes(content), pki)
        if ANSWERS[found.code].indication == PASSED:
            assert {each.name: part(bytes(content), each.name) for each in found.files} == FILES


def test_a_signature_document_with_one_letter_changed_passes_only_with_all_that_is_signed_unchanged(ours, pki):
    files = {name: part(ours, name) for name in FILES}
    document = part(ours)
    picker = random.Random(13)
    passed = 0
    for _ in range(250):
        changed = bytearray(document)
        changed[picker.randrange(len(changed))] = picker.choice(b"AZaz09+/= <>&#;\"'\n")
        found = verify(container(files | {"META-INF/signatures0.xml": bytes(changed)}), pki)
        if found.code == "passed":
            passed += 1
            assert signed_parts(bytes(changed)) == signed_parts(document)
    assert passed < 250


def signed_parts(document: bytes) -> list[bytes]:
    root = etree.fromstring(document)
    value = "".join(find(root, DS, "SignatureValue").text.split())
    return [
        canonical(find(root, DS, "SignedInfo"), C14N),
        canonical(find(root, XADES, "SignedProperties"), C14N),
        value,
    ]


def test_a_detached_seal_that_was_mutated_never_passes_for_another_document(pki):
    content = detached(pki, b"Offer 7", algorithm="ec-p256")
    picker = random.Random(11)
    for _ in range(150):
        changed = bytearray(content)
        changed[picker.randrange(len(changed))] ^= 1 << picker.randrange(8)
        assert verify(bytes(changed), pki, digests=digests(b"Offer 8")).code not in {"passed", "unreadable_pdf"}
        assert verify(bytes(changed), pki, digests=digests(b"Offer 7")).code in ANSWERS


def test_a_certificate_of_a_version_that_does_not_exist_is_read_by_nobody(pki):
    content = detached(pki, b"Offer 7", algorithm="ec-p256")
    of_version_3 = bytes.fromhex("a003020102")  # RFC 5280, 4.1.2.1
    places = [found.end() - 1 for found in re.finditer(of_version_3, content)]
    assert len(places) > 1
    for place in places:
        changed = content[:place] + b"\x12" + content[place + 1 :]
        assert verify(changed, pki, digests=digests(b"Offer 7")).code in ANSWERS
        assert verify(changed, pki, digests=digests(b"Offer 8")).code not in {"passed", "unreadable_pdf"}


def test_every_word_about_containers_is_a_sentence():
    assert all(sentence.endswith(".") for sentence in [*CONTAINER_WARNINGS.values(), *NOTES.values()])


def test_the_time_of_an_expired_signers_certificate_is_the_timestamps(pki, ours):
    assert verify(ours, pki, now=pki.now + 400 * DAY).code == "passed"
    assert verify(ours, pki, now=pki.now + 1800 * DAY).code == "expired"
