"""Archive timestamps and their renewal: what each covers is computed here once more, and OpenSSL judges the tokens."""

import hashlib
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from subprocess import run

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from lxml import etree

from sealing.formats.asice import archive_container
from sealing.formats.cades import seal_digest
from sealing.formats.cades_archive import archive_cms
from sealing.formats.check_archive import check_archived_pdf, newest_stamp
from sealing.formats.check_cades import check_detached
from sealing.formats.container import SIGNATURES
from sealing.formats.errors import SealCheckFailed
from sealing.formats.keys import ValidationMaterial
from sealing.formats.pades import archive_pdf
from tests.formats.conftest import covers_everything_for_pdfsig, is_intact_for_pdfsig, qpdf_status
from tests.formats.containers import DS, XADES, container_of, openssl_accepts_timestamp, unpacked, xmlsec_accepts
from tests.formats.documents import pdf, xref_stream_pdf
from tests.formats.pki import DAY, Entity, Pki, answer, issue, revocation_list, timestamp_token
from tests.formats.test_archive import later_material

XADES141 = "{http://uri.etsi.org/01903/v1.4.1#}"
CONTENT = b"any file\r\nat all"
FILES = {"a.txt": b"first", "žąsis & co.bin": bytes(range(256)), "empty-ish": b"\0"}
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Ages:
    """An authority whose certificate ends after 170 days, the moment of renewal before that, and one after it."""

    pki: Pki
    first: Entity

    @property
    def renewed_at(self) -> datetime:
        return self.pki.now + 150 * DAY

    @property
    def after(self) -> datetime:
        return self.pki.now + 400 * DAY

    def early(self, imprint: bytes) -> bytes:
        return timestamp_token(self.first, imprint, self.pki.now)

    def late(self, imprint: bytes) -> bytes:
        return timestamp_token(self.pki.authority, imprint, self.renewed_at)

    def material(self, algorithm: str = "rsa-2048") -> ValidationMaterial:
        """When it is sealed: signer and first authority."""
        usual = self.pki.material(algorithm)
        proof = answer(self.first, self.pki.time_issuer, self.pki.time_responder, self.pki.now)
        certificates = (*usual.certificates, self.first.der)
        return replace(usual, certificates=certificates, ocsps=(*usual.ocsps, proof))

    def answered(self, authority: Entity) -> bytes:
        """An answer of the day of renewal; the library writes the clock's time into it, too."""
        with time_machine.travel(self.renewed_at, tick=False):
            return answer(authority, self.pki.time_issuer, self.pki.time_responder, self.renewed_at)

    def fresh(self, algorithm: str = "") -> ValidationMaterial:
        """When it is renewed: first authority, as of that day; when it is archived for the first time, the signer."""
        known = (self.first.der, self.pki.time_issuer.der, self.pki.seal_issuer.der, self.pki.root.der)
        proofs = [self.answered(self.first)]
        if algorithm:
            signer = self.pki.signer(algorithm)
            with time_machine.travel(self.renewed_at, tick=False):
                proofs.append(answer(signer, self.pki.seal_issuer, self.pki.seal_responder, self.renewed_at))
        return ValidationMaterial(known, tuple(proofs), (revocation_list(self.pki.root, self.renewed_at),))

    def fresh_about_both(self, algorithm: str = "") -> Iterator[ValidationMaterial]:
        yield self.fresh(algorithm)
        later = self.answered(self.pki.authority)
        yield replace(self.fresh(), ocsps=(*self.fresh().ocsps, later))


@pytest.fixture(scope="module")
def ages(pki):
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    return Ages(pki, issue("First", issuer=pki.time_issuer, now=pki.now, usage=stamping, lifetime=200 * DAY))


@pytest.fixture(scope="module")
def pem(pki, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pem")

    def write(name, *entities):
        path = folder / name
        path.write_bytes(b"".join(e.certificate.public_bytes(serialization.Encoding.PEM) for e in entities))
        return path

    return write("root.pem", pki.root), write("issuers.pem", pki.seal_issuer, pki.time_issuer)


Stamp = tuple[bytes, bytes]
"""A token and the bytes that it must be over."""


def proven_at(stamps: list[Stamp], moments: list[datetime], folder: Path, pem: tuple[Path, Path]) -> bool:
    """Whether each token holds at the time of the next, and the last at the last of the moments, for OpenSSL."""
    return all(
        openssl_accepts_timestamp(*stamp, folder, *pem, at=moment)
        for stamp, moment in zip(stamps, moments, strict=True)
    )


def tlvs(encoding: bytes) -> list[bytes]:
    """The DER elements side by side in an encoding."""
    found = []
    while encoding:
        octets = encoding[1] & 0x7F if encoding[1] & 0x80 else 0
        size = int.from_bytes(encoding[2 : 2 + octets], "big") if octets else encoding[1]
        end = 2 + octets + size
        found.append(encoding[:end])
        encoding = encoding[end:]
    return found


def inside(encoding: bytes) -> list[bytes]:
    """The DER elements within one."""
    return tlvs(encoding[2 + (encoding[1] & 0x7F if encoding[1] & 0x80 else 0) :])


def cms_stamps(cms: bytes, content: bytes) -> list[Stamp]:
    """Archive timestamps of a signature in the order of their lists, with what EN 319 122-1, 5.5.3 has them cover."""
    signed = inside(inside(inside(cms)[1])[0])
    signer = inside(inside(signed[-1])[0])
    present = {hashlib.sha256(each).digest() for part in signed[3:-1] for each in inside(part)}
    values = {}
    for attribute in inside(signer[-1]):
        kind, value = inside(attribute)[0], inside(inside(attribute)[1])[0]
        values[hashlib.sha256(kind + value).digest()] = (kind, value)
    found = []
    for kind, token in values.values():
        if kind != bytes.fromhex("060604008d450204"):
            continue
        unsigned = inside(inside(inside(inside(inside(token)[1])[0])[-1])[0])[-1]
        (index,) = inside(inside(inside(unsigned)[0])[1])
        _algorithm, certificates, revocations, attributes = inside(index)
        listed = {each[2:] for kind in (certificates, revocations) for each in inside(kind)}
        assert listed <= present
        assert {each[2:] for each in inside(attributes)} <= values.keys()
        covered = inside(signed[2])[0] + hashlib.sha256(content).digest() + b"".join(signer[:6]) + index
        found.append((len(inside(attributes)), token, covered))
    return [(token, covered) for _, token, covered in sorted(found)]


def xades_stamps(path: Path) -> list[Stamp]:
    """Archive timestamps of a container, with what EN 319 132-1, 5.5.2.2 has them cover."""
    with zipfile.ZipFile(path) as container:
        contents = b"".join(container.read(name) for name in container.namelist()[1:-2])
        root = etree.fromstring(container.read(SIGNATURES))

    def canonical(element):
        return etree.tostring(element, method="c14n")

    whole = [root.find(f".//{name}") for name in (f"{XADES}SignedProperties", f"{DS}SignedInfo")]
    whole += [root.find(f".//{name}") for name in (f"{DS}SignatureValue", f"{DS}KeyInfo")]
    properties = list(root.find(f".//{XADES}UnsignedSignatureProperties"))
    return [
        (b64decode(each.findtext(f"{XADES}EncapsulatedTimeStamp")), contents + b"".join(map(canonical, covered)))
        for number, each in enumerate(properties)
        if each.tag == f"{XADES141}ArchiveTimeStamp"
        for covered in [whole + properties[:number]]
    ]


@pytest.fixture
def detached(pki, ages):
    def sealed(level="B-LTA", algorithm="ec-p256"):
        return seal_digest(
            digest=hashlib.sha256(CONTENT).digest(),
            key=pki.sealing_key(algorithm),
            timestamp=ages.early,
            material=lambda: ages.material(algorithm),
            level=level,
            signed_at=pki.now,
        ).cms

    return sealed


def renewed_cms(cms: bytes, ages: Ages, algorithm: str = "") -> bytes:
    materials = ages.fresh_about_both(algorithm)
    digest = hashlib.sha256(CONTENT).digest()
    return archive_cms(cms=cms, digest=digest, timestamp=ages.late, material=lambda: next(materials))[0]


def check_cms(cms, pki, archived_at, algorithm="ec-p256", **changes):
    expected = {
        "cms": cms,
        "digest_algorithm": "sha256",
        "digest": hashlib.sha256(CONTENT).digest(),
        "certificate": pki.signer(algorithm).der,
        "level": "B-LTA",
        "for_pdf": False,
        "trust_anchors": pki.anchors,
        "timestamped_between": (pki.now, pki.now),
        "archived_between": (archived_at, archived_at),
    }
    return check_detached(**(expected | changes))


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256"])
@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_a_renewed_detached_seal_proves_itself_after_its_first_authority_has_ended(
    detached, pki, ages, pem, tmp_path, level, algorithm
):
    original = detached(level, algorithm)
    stamps = cms_stamps(original, CONTENT)
    assert len(stamps) == (level == "B-LTA")
    if stamps:
        assert proven_at(stamps, [ages.renewed_at], tmp_path, pem)
        assert not proven_at(stamps, [ages.after], tmp_path, pem)
    renewed = renewed_cms(original, ages, algorithm if level != "B-LTA" else "")
    checked = check_cms(renewed, pki, ages.renewed_at, algorithm)
    assert (checked.archived_at, checked.newest_authority) == (ages.renewed_at, pki.authority.der)
    stamps = cms_stamps(renewed, CONTENT)
    assert len(stamps) == 1 + (level == "B-LTA")
    moments = [*([ages.renewed_at] if level == "B-LTA" else []), ages.after]
    assert proven_at(stamps, moments, tmp_path, pem)
    assert not proven_at([(token, covered + b"!") for token, covered in stamps], moments, tmp_path, pem)
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "seal").write_bytes(renewed)
    command = f"openssl cms -verify -binary -inform DER -in seal -content content -CAfile {pem[0]} -purpose any"
    assert run([*command.split(), "-out", "/dev/null"], cwd=tmp_path, capture_output=True, check=False).returncode == 0


def archived_again(path: Path, target: Path, ages: Ages, algorithm: str = "") -> Path:
    materials = ages.fresh_about_both(algorithm)
    archive_container(
        source=path,
        target=target,
        timestamp=ages.late,
        material=lambda: next(materials),
        archived_at=ages.renewed_at,
    )
    return target


@pytest.mark.parametrize(("level", "algorithm"), [("B-T", "ec-p256"), ("B-LT", "rsa-2048"), ("B-LTA", "ec-p384")])
def test_a_renewed_container_proves_itself_after_its_first_authority_has_ended(
    pki, ages, pem, tmp_path, level, algorithm
):
    calls = {"timestamp": ages.early, "material": lambda: ages.material(algorithm)}
    sealed = container_of(pki, tmp_path, FILES, level=level, algorithm=algorithm, **calls)
    sealed.check()
    stamps = xades_stamps(sealed.path)
    assert len(stamps) == (level == "B-LTA")
    if stamps:
        assert proven_at(stamps, [ages.renewed_at], tmp_path, pem)
        assert not proven_at(stamps, [ages.after], tmp_path, pem)
    renewed = archived_again(sealed.path, tmp_path / "renewed.asice", ages, algorithm if level != "B-LTA" else "")
    changes = {"sealed": renewed, "level": "B-LTA", "archived_between": (ages.renewed_at, ages.renewed_at)}
    checked = sealed.check(**changes)
    assert (checked.archived_at, checked.newest_authority) == (ages.renewed_at, pki.authority.der)
    stamps = xades_stamps(renewed)
    moments = [*([ages.renewed_at] if level == "B-LTA" else []), ages.after]
    assert proven_at(stamps, moments, tmp_path, pem)
    assert not proven_at([(token, covered + b"!") for token, covered in stamps], moments, tmp_path, pem)
    folder = unpacked(renewed, tmp_path / "unpacked")
    assert xmlsec_accepts(folder, *pem)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES


@pytest.mark.parametrize("original", [pdf(), xref_stream_pdf()], ids=["table", "packed"])
@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_a_renewed_pdf_proves_itself_after_its_first_authority_has_ended(seal, pki, ages, tmp_path, original, level):
    sealed = seal(original, level=level, timestamp=ages.early, material=ages.material)
    before = sealed.path.read_bytes()
    renewed = tmp_path / "renewed.pdf"
    about_both = list(ages.fresh_about_both())[-1]
    proofs = ages.fresh("rsa-2048").ocsps[1:] if level != "B-LTA" else ()
    archived = archive_pdf(
        source=sealed.path,
        target=renewed,
        timestamp=ages.late,
        material=lambda: replace(about_both, ocsps=(*about_both.ocsps, *proofs)),
        appearance=newest_stamp(sealed.path).appearance,
    )
    assert renewed.read_bytes().startswith(before)
    checked = check_pdf(renewed, sealed, pki, ages)
    assert (checked.sha256, checked.size) == (archived.sha256, archived.size)
    assert (checked.archived_at, checked.newest_authority) == (ages.renewed_at, pki.authority.der)
    later = later_material(pki, ages.after)
    again = replace(sealed, path=renewed, options=replace(sealed.options, level="B-LTA"))
    with time_machine.travel(ages.after, tick=False):  # the library looks at the clock, too
        (verdict,) = again.verdicts(at=ages.after, later=later)
        assert (verdict.passed, verdict.modification) == (True, "LTA_UPDATES"), verdict
        assert not sealed.verdicts(at=ages.after, later=later)[0].passed
    assert is_intact_for_pdfsig(renewed, "Seal1")
    assert covers_everything_for_pdfsig(renewed, f"Timestamp{1 + (level == 'B-LTA')}")
    assert qpdf_status(renewed) == 0


def check_pdf(renewed, sealed, pki, ages):
    return check_archived_pdf(
        archived=renewed,
        previous_size=sealed.result.size,
        previous_sha256=sealed.result.sha256,
        trust_anchors=pki.anchors,
        archived_between=(ages.renewed_at, ages.renewed_at),
    )


def test_a_renewal_that_came_too_late_or_lacks_fresh_evidence_is_refused(detached, seal, pki, ages, tmp_path):
    late = replace_time(ages, ages.first.certificate.not_valid_after_utc + SECOND)
    with pytest.raises(SealCheckFailed, match="not valid at the time"):
        check_cms(renewed_cms(detached(), late), pki, late.renewed_at)
    sealed = container_of(pki, tmp_path, FILES, level="B-LTA", timestamp=ages.early, material=ages.material)
    window = (late.renewed_at, late.renewed_at)
    renewed = archived_again(sealed.path, tmp_path / "late.asice", late)
    with pytest.raises(SealCheckFailed, match="not valid at the time"):
        sealed.check(sealed=renewed, archived_between=window)
    pdf_sealed = seal(pdf(), level="B-LTA", timestamp=ages.early, material=ages.material)
    stale = replace(ages.fresh(), ocsps=ages.material().ocsps)
    for moment, material, reason in (
        (late, late.fresh(), "not valid at the time"),
        (ages, stale, "revocation data missing or outdated"),
    ):
        archive_pdf(
            source=pdf_sealed.path,
            target=tmp_path / "late.pdf",
            timestamp=moment.late,
            material=lambda material=material: material,
            appearance=newest_stamp(pdf_sealed.path).appearance,
        )
        with pytest.raises(SealCheckFailed, match=reason):
            check_pdf(tmp_path / "late.pdf", pdf_sealed, pki, moment)


def replace_time(ages: Ages, moment: datetime) -> Ages:
    class Later(Ages):
        renewed_at = moment  # type: ignore[assignment]  # a day instead of the usual one

    return Later(ages.pki, ages.first)


def test_no_bit_of_an_archived_detached_seal_can_change_what_it_says(detached, pki, ages):
    renewed = renewed_cms(detached(), ages)
    honest = check_cms(renewed, pki, ages.renewed_at)
    for position in range(0, len(renewed), 211):
        altered = bytearray(renewed)
        altered[position] ^= 1
        try:
            assert check_cms(bytes(altered), pki, ages.renewed_at) == honest
        except SealCheckFailed:
            continue


def test_no_byte_of_an_archived_signature_document_can_change_unnoticed(pki, ages, tmp_path):
    calls = {"timestamp": ages.early, "material": ages.material}
    sealed = container_of(pki, tmp_path, FILES, level="B-LTA", **calls)
    renewed = archived_again(sealed.path, tmp_path / "renewed.asice", ages)
    again = replace(sealed, path=renewed)
    window = (ages.renewed_at, ages.renewed_at)
    honest = again.check(archived_between=window)
    document = again.parts()[SIGNATURES]
    end = document.rindex(b"<xades141:ArchiveTimeStamp")
    for position in range(60, end, 997):
        altered = bytearray(document)
        altered[position] ^= 1
        with pytest.raises(SealCheckFailed):
            again.rewritten(lambda parts, altered=altered: parts.update({SIGNATURES: bytes(altered)})).check(
                archived_between=window
            )
    restored = again.rewritten(lambda parts: parts.update({SIGNATURES: document}))
    assert restored.check(archived_between=window) == honest


def test_levels_are_not_mistaken_for_each_other(detached, pki, ages, tmp_path):
    for level, asked in pairwise(["B-LT", "B-LTA", "B-LT"]):
        with pytest.raises(SealCheckFailed, match="fit the level"):
            check_cms(detached(level), pki, pki.now, level=asked, archived_between=None)
        calls = {"timestamp": ages.early, "material": ages.material}
        sealed = container_of(pki, tmp_path, FILES, level=level, **calls)
        with pytest.raises(SealCheckFailed, match=r"fit the level|no business"):
            sealed.check(level=asked)
