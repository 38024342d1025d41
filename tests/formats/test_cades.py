"""Detached seals over a digest (ETSI EN 319 122-1), judged by the gate, by OpenSSL and by pyHanko."""

import hashlib
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from sealing.formats.cades import DIGEST_SIZES, seal_digest
from sealing.formats.check_cades import CheckedDetached, check_detached
from sealing.formats.errors import SealCheckFailed
from sealing.formats.independent import verify_detached_independently
from sealing.formats.keys import SIGNATURE_SIZES, ValidationMaterial
from sealing.formats.signed_cms import parse_signed_cms
from tests.formats.pki import Pki, answer, timestamp_token

CONTENT = b"any file\r\nat all\n\x00\xff"


@dataclass(frozen=True)
class Detached:
    """A detached seal and what it was asked to be."""

    cms: bytes
    expected: dict[str, object]

    def check(self, **changes: object) -> CheckedDetached:
        return check_detached(**({"cms": self.cms} | self.expected | changes))


@pytest.fixture
def detached(pki: Pki):
    def run(content=CONTENT, *, level="B-LT", algorithm="rsa-2048", digest_algorithm="sha256", for_pdf=False, **calls):
        digest = hashlib.new(digest_algorithm, content).digest()
        calls = {"timestamp": pki.timestamp, "material": lambda: pki.material(algorithm)} | calls
        key = calls.pop("key", pki.sealing_key(algorithm, digest_algorithm))
        signed_at = None if for_pdf else pki.now
        seal = seal_digest(digest=digest, key=key, level=level, signed_at=signed_at, **calls)
        expected = {
            "digest_algorithm": digest_algorithm,
            "digest": digest,
            "certificate": pki.signer(algorithm).der,
            "level": level,
            "for_pdf": for_pdf,
            "trust_anchors": pki.anchors,
            "timestamped_between": (pki.now - timedelta(seconds=5), pki.now + timedelta(seconds=5)),
            "known_certificates": (pki.time_issuer.der,),
        }
        return Detached(seal.cms, expected)

    return run


def openssl_verifies(cms: bytes, content: bytes, root: bytes, folder) -> bool:
    """`openssl cms -verify` over the file, trusting that root only."""
    (folder / "seal.p7s").write_bytes(cms)
    (folder / "content").write_bytes(content)
    (folder / "root.pem").write_bytes(x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM))
    command = "openssl cms -verify -binary -inform DER -in seal.p7s -content content -CAfile root.pem -purpose any"
    run = subprocess.run([*command.split(), "-out", "/dev/null"], cwd=folder, capture_output=True, check=False)
    return run.returncode == 0


@pytest.mark.parametrize("digest_algorithm", DIGEST_SIZES)
@pytest.mark.parametrize("algorithm", sorted(SIGNATURE_SIZES))
@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_every_key_level_and_digest_satisfies_the_gate_openssl_and_a_second_implementation(
    detached, pki, tmp_path, level, algorithm, digest_algorithm
):
    if level == "B-LTA" and digest_algorithm != "sha256":
        with pytest.raises(ValueError, match="SHA-256"):
            detached(level=level, algorithm=algorithm, digest_algorithm=digest_algorithm)
        return
    seal = detached(level=level, algorithm=algorithm, digest_algorithm=digest_algorithm)
    checked = seal.check()
    assert (checked.timestamp_at, checked.signing_time) == (pki.now, pki.now)
    assert openssl_verifies(seal.cms, CONTENT, pki.root.der, tmp_path)
    assert not openssl_verifies(seal.cms, CONTENT + b"\n", pki.root.der, tmp_path)
    assert checked.archived_at == (pki.now if level == "B-LTA" else None)
    if level != "B-T":
        digest = seal.expected["digest"]
        verdict = verify_detached_independently(seal.cms, digest, pki.anchors, level="B-LT", now=datetime.now(UTC))
        assert verdict == "OK"


def test_long_term_values_are_where_the_baseline_wants_them(detached, pki):
    """EN 319 122-1, 6.3: in SignedData.certificates and .crls, responses as RFC 5940 says; RFC 5652, 5.1: version 5."""
    material = pki.material()
    signed = parse_signed_cms(detached(level="B-LT", material=lambda: material).cms)
    assert set(signed.certificates) == {*material.certificates}
    assert set(signed.ocsps) == {*material.ocsps}
    assert set(signed.crls) == {*material.crls}
    plain = parse_signed_cms(detached(level="B-T").cms)
    assert (plain.ocsps, plain.crls) == ((), ())
    assert set(plain.certificates) == {pki.signer().der, pki.seal_issuer.der}


def test_a_signature_for_a_pdf_carries_no_signing_time_and_is_never_mistaken_for_the_other_kind(detached):
    for_pdf, for_file = detached(level="B-T", for_pdf=True), detached(level="B-T")
    assert for_pdf.check().signing_time is None
    with pytest.raises(SealCheckFailed, match="signed attributes"):
        for_pdf.check(for_pdf=False)
    with pytest.raises(SealCheckFailed, match="signed attributes"):
        for_file.check(for_pdf=True)


def test_what_is_not_what_was_asked_for_is_refused(detached, pki):
    seal = detached()
    for changes, reason in (
        ({"digest": bytes(32)}, "digest differs"),
        ({"digest_algorithm": "sha512"}, "digest algorithm"),
        ({"certificate": pki.signer("ec-p256").der}, "another certificate"),
        ({"trust_anchors": (pki.signer("ec-p256").der,)}, "trust anchor"),
        ({"cms": seal.cms[:-1]}, "malformed"),
        ({"cms": b""}, "malformed"),
    ):
        with pytest.raises(SealCheckFailed, match=reason):
            seal.check(**changes)
    with pytest.raises(SealCheckFailed, match="B-LT asked"):
        detached(level="B-T").check(level="B-LT")


def test_a_signature_by_another_key_a_wrong_timestamp_and_a_wrong_time_are_refused(detached, pki):
    wrong_key = replace(pki.sealing_key("ec-p256"), sign=pki.sealing_key("ec-p384").sign)
    with pytest.raises(SealCheckFailed, match="signature value"):
        detached(algorithm="ec-p256", key=wrong_key).check()
    with pytest.raises(SealCheckFailed, match="something else"):
        detached(timestamp=lambda _: pki.timestamp(bytes(32))).check()
    late = pki.now + timedelta(hours=1)
    with pytest.raises(SealCheckFailed, match="timestamp's time"):
        detached(timestamp=lambda imprint: timestamp_token(pki.authority, imprint, late)).check()
    hour = timedelta(hours=1)
    with pytest.raises(SealCheckFailed, match="signing time"):
        detached().check(timestamped_between=(pki.now + hour, pki.now + 2 * hour))


def test_a_revoked_signer_and_missing_evidence_are_refused(detached, pki):
    usual = pki.material()
    status = ocsp.OCSPCertStatus.REVOKED
    revoked = answer(pki.signer(), pki.seal_issuer, pki.seal_responder, pki.now, status=status)
    with pytest.raises(SealCheckFailed, match="revoked"):
        detached(material=lambda: replace(usual, ocsps=(revoked, usual.ocsps[1]))).check()
    with pytest.raises(SealCheckFailed, match="missing"):
        detached(material=lambda: replace(usual, ocsps=usual.ocsps[:1])).check()
    with pytest.raises(SealCheckFailed, match="B-LT asked"):
        detached(material=ValidationMaterial).check()


def test_no_bit_of_a_detached_seal_can_change_what_it_says(detached, pki):
    seal = detached()
    honest = seal.check()
    for position in range(0, len(seal.cms), 97):
        altered = bytearray(seal.cms)
        altered[position] ^= 1
        try:
            assert seal.check(cms=bytes(altered)) == honest
        except SealCheckFailed:
            continue


def test_a_digest_of_another_size_and_levels_not_made_are_mistakes_of_the_caller(detached, pki):
    with pytest.raises(ValueError, match="wrong size"):
        seal_digest(
            digest=bytes(48),
            key=pki.sealing_key(),
            timestamp=pki.timestamp,
            material=pki.material,
            level="B-T",
            signed_at=pki.now,
        )
    for level, for_pdf in (("B-B", False), ("B-LTA", True), ("B-LT", True)):
        with pytest.raises(ValueError, match="not made here"):
            detached(level=level, for_pdf=for_pdf)


def test_the_time_in_the_signature_is_utc_and_outlives_the_two_digit_year():
    from sealing.formats.cms import _signing_time

    assert b"\x17\x0d491231235959Z" in _signing_time(datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert b"\x18\x0f20500101000000Z" in _signing_time(datetime(2050, 1, 1, tzinfo=UTC))
