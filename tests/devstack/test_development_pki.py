"""The development PKI, judged by OpenSSL and by what a hostile client sends."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.devstack.conftest import OpenSsl, Pki, running_pki

SUBJECT = {
    NameOID.COUNTRY_NAME: "LT",
    NameOID.ORGANIZATION_NAME: "Ąžuolas UAB",
    NameOID.ORGANIZATION_IDENTIFIER: "NTRLT-302345678",
    NameOID.COMMON_NAME: "Ąžuolas UAB e-seal",
}
SHA256_IMPRINT = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"x" * 32}


def certificate_request(
    *, subject: dict = SUBJECT, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None
) -> bytes:
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in subject.items()])
    request = x509.CertificateSigningRequestBuilder(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def issued(pki: Pki, mode: str = "live", years: int = 1) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pki.post(f"/ca/{mode}/issue?years={years}", certificate_request()))


def status(pki: Pki, path: str, serial: int, issuer: str) -> ocsp.OCSPResponse:
    of_issuer = x509.load_pem_x509_certificate((pki.folder / f"{issuer}.pem").read_bytes())
    key_bits = of_issuer.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    asked = (
        ocsp.OCSPRequestBuilder()
        .add_certificate_by_hash(
            hashlib.sha256(of_issuer.subject.public_bytes()).digest(),
            hashlib.sha256(key_bits).digest(),
            serial,
            hashes.SHA256(),
        )
        .build()
    )
    return ocsp.load_der_ocsp_response(pki.post(path, asked.public_bytes(serialization.Encoding.DER)))


def refusal(pki: Pki, path: str, body: bytes) -> int:
    return urllib3.request("POST", pki.url + path, body=body).status


# --- Timestamps ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize(("authority", "mode"), [("a", "live"), ("b", "live"), ("test", "test")])
def test_openssl_verifies_the_tokens_of_every_authority(
    pki: Pki, openssl: OpenSsl, tmp_path: Path, authority: str, mode: str, digest: str
) -> None:
    (tmp_path / "document").write_bytes(b"a document")
    openssl("ts", "-query", "-data", "document", f"-{digest}", "-cert", "-out", "query")
    (tmp_path / "answer").write_bytes(pki.post(f"/tsa/{authority}", (tmp_path / "query").read_bytes()))

    trust = ("-CAfile", pki.folder / f"{mode}-anchors.pem", "-untrusted", pki.folder / f"{mode}-seals.pem")
    assert "Verification: OK" in openssl("ts", "-verify", "-queryfile", "query", "-in", "answer", *trust)
    assert "Verification: OK" in openssl("ts", "-verify", "-data", "document", "-in", "answer", *trust)


def test_a_token_carries_certificates_and_a_nonce_only_if_asked(pki: Pki) -> None:
    plain = tsp.TimeStampReq({"version": "v1", "message_imprint": SHA256_IMPRINT})
    full = tsp.TimeStampReq({"version": "v1", "message_imprint": SHA256_IMPRINT, "nonce": 2**64 + 7, "cert_req": True})

    without, with_them = (
        tsp.TimeStampResp.load(pki.post("/tsa/a", request.dump()))["time_stamp_token"]["content"]
        for request in (plain, full)
    )

    assert without["certificates"].native is None
    assert without["encap_content_info"]["content"].parsed["nonce"].native is None
    assert len(with_them["certificates"]) == 2
    assert with_them["encap_content_info"]["content"].parsed["nonce"].native == 2**64 + 7


@pytest.mark.parametrize(
    ("imprint", "others", "reason"),
    [
        (
            {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": b"x" * 20},
            {},
            "unrecognized or unsupported algorithm",
        ),
        (
            {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"x" * 31},
            {},
            "the data submitted has the wrong format",
        ),
        (SHA256_IMPRINT, {"req_policy": "1.2.3"}, "the requested TSA policy is not supported"),
        (
            SHA256_IMPRINT,
            {"extensions": [{"extn_id": "1.2.3", "extn_value": b""}]},
            "the requested extension is not supported",
        ),
        (SHA256_IMPRINT, {"version": 2}, "transaction not permitted or supported"),
    ],
)
def test_an_unacceptable_timestamp_request_is_rejected_with_its_reason(
    pki: Pki, openssl: OpenSsl, tmp_path: Path, imprint: dict, others: dict, reason: str
) -> None:
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint} | others)
    (tmp_path / "answer").write_bytes(pki.post("/tsa/a", request.dump()))

    said = openssl("ts", "-reply", "-in", "answer", "-text")

    assert "Status: Rejected." in said
    assert reason in said
    assert "TST info:\nNot included." in said


# --- Certificates and their status ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["live", "test"])
def test_openssl_follows_an_issued_certificate_through_issue_and_revocation(
    pki: Pki, openssl: OpenSsl, tmp_path: Path, mode: str
) -> None:
    certificate = issued(pki, mode, years=3)
    (tmp_path / "seal.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "issuer.pem").write_bytes(
        x509.load_der_x509_certificate(pki.get(f"/certificates/{mode}-seals.cer")).public_bytes(
            serialization.Encoding.PEM
        )
    )
    trust = ("-CAfile", pki.folder / f"{mode}-anchors.pem")

    def verify_with_list() -> str:
        (tmp_path / "seals.crl").write_bytes(pki.get(f"/crl/{mode}-seals.crl"))
        (tmp_path / "root.crl").write_bytes(pki.get(f"/crl/{mode}-root.crl"))
        for name in ("seals", "root"):
            openssl("crl", "-in", f"{name}.crl", "-out", f"{name}.crl.pem")
        lists = ("-CRLfile", "seals.crl.pem", "-CRLfile", "root.crl.pem", "-crl_check_all")
        return openssl("verify", "-x509_strict", *trust, "-untrusted", "issuer.pem", *lists, "seal.pem")

    def ask_responder() -> str:
        url = openssl("x509", "-in", "seal.pem", "-noout", "-ocsp_uri").strip()
        return openssl(
            "ocsp", *trust, "-issuer", "issuer.pem", "-cert", "seal.pem", "-url", url, "-verify_other", "issuer.pem"
        )

    assert "seal.pem: OK" in verify_with_list()
    assert "Response verify OK" in (good := ask_responder())
    assert "seal.pem: good" in good
    assert "WARNING" not in good  # the nonce came back

    order = {"serial": f"{certificate.serial_number:X}", "reason": "keyCompromise"}
    first = json.loads(pki.post(f"/ca/{mode}/revoke", json.dumps(order).encode()))
    assert json.loads(pki.post(f"/ca/{mode}/revoke", json.dumps(order | {"reason": "superseded"}).encode())) == first

    assert "seal.pem: revoked" in ask_responder()
    with pytest.raises(AssertionError, match="certificate revoked"):
        verify_with_list()


def test_a_seal_certificate_says_what_etsi_asks(pki: Pki, openssl: OpenSsl, tmp_path: Path) -> None:
    certificate = issued(pki, years=2)
    (tmp_path / "seal.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    text = openssl("x509", "-in", "seal.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus,lname")

    assert "organizationIdentifier=NTRLT-302345678" in text
    assert "Digital Signature, Non Repudiation" in text
    statements = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")).value
    assert core.load(statements.public_bytes()).native == {
        "0": {"0": "0.4.0.1862.1.1"},  # QcCompliance
        "1": {"0": "0.4.0.1862.1.4"},  # QcSSCD
        "2": {"0": "0.4.0.1862.1.6", "1": {"0": "0.4.0.1862.1.6.2"}},  # QcType: eseal
    }


def test_only_a_complete_request_with_a_strong_key_is_granted(pki: Pki) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    without_identifier = {kind: value for kind, value in SUBJECT.items() if kind != NameOID.ORGANIZATION_IDENTIFIER}
    tampered = certificate_request().replace(b"MII", b"MIJ").replace(b"MIH", b"MIG")

    for body in (certificate_request(key=weak), certificate_request(subject=without_identifier), tampered, b"garbage"):
        assert refusal(pki, "/ca/live/issue", body) == 400
    for years in ("0", "4", "-1", "x", "1" * 5000):
        assert refusal(pki, f"/ca/live/issue?years={years}", certificate_request()) == 400


def test_the_responder_tells_issued_from_unknown_and_refuses_other_issuers(pki: Pki) -> None:
    live, test = issued(pki, "live"), issued(pki, "test")

    good = status(pki, "/ocsp/live-seals", live.serial_number, "live-seals")
    assert good.certificate_status == ocsp.OCSPCertStatus.GOOD
    assert good.this_update_utc < good.next_update_utc
    # The other authority's serial number, claimed to be of this issuer: never issued here.
    assert (
        status(pki, "/ocsp/live-seals", test.serial_number, "live-seals").certificate_status
        == ocsp.OCSPCertStatus.UNKNOWN
    )
    stranger = status(pki, "/ocsp/live-seals", test.serial_number, "test-seals")
    assert stranger.response_status == ocsp.OCSPResponseStatus.UNAUTHORIZED
    authority = x509.load_pem_x509_certificate((pki.folder / "tsa-a.pem").read_bytes())
    assert (
        status(pki, "/ocsp/live-seals", authority.serial_number, "live-seals").certificate_status
        == ocsp.OCSPCertStatus.GOOD
    )


def test_what_was_issued_and_revoked_survives_a_restart(tmp_path: Path) -> None:
    with running_pki(tmp_path) as before:
        kept, revoked = issued(before), issued(before)
        before.post("/ca/live/revoke", json.dumps({"serial": f"{revoked.serial_number:x}"}).encode())
        root = (before.folder / "live-anchors.pem").read_bytes()
    with running_pki(tmp_path) as after:
        assert after.url == before.url
        assert (after.folder / "live-anchors.pem").read_bytes() == root
        assert (
            status(after, "/ocsp/live-seals", kept.serial_number, "live-seals").certificate_status
            == ocsp.OCSPCertStatus.GOOD
        )
        assert (
            status(after, "/ocsp/live-seals", revoked.serial_number, "live-seals").certificate_status
            == ocsp.OCSPCertStatus.REVOKED
        )


# --- Hostile clients -----------------------------------------------------------------------------------------------


@given(body=st.binary(max_size=300))
@settings(max_examples=30, deadline=None)
def test_garbage_is_refused_at_every_door(pki: Pki, body: bytes) -> None:
    for path in ("/tsa/a", "/ocsp/live-seals", "/ca/live/issue", "/ca/live/revoke"):
        assert refusal(pki, path, body) == 400
    assert pki.get("/health") == b"ok\n"


@example(at=56, flipped=5)  # a type that asn1crypto knows by name only
@given(at=st.integers(min_value=0, max_value=60), flipped=st.integers(min_value=1, max_value=255))
@settings(max_examples=60, deadline=None)
def test_a_damaged_request_is_answered_or_refused_but_never_breaks_the_server(pki: Pki, at: int, flipped: int) -> None:
    request = bytearray(tsp.TimeStampReq({"version": "v1", "message_imprint": SHA256_IMPRINT, "nonce": 5}).dump())
    request[at % len(request)] ^= flipped
    for path in ("/tsa/a", "/ocsp/live-seals"):
        assert refusal(pki, path, bytes(request)) in {200, 400}


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"POST /tsa/a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /tsa/a HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /tsa/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"GET http://[ HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /ocsp/live-seals/%%% HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /tsa/a HTTP/1.1\r\n\r\n", b"405"),
        (b"GET /elsewhere HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /health HTTP/1.1\r\n\r\nGET /health HTTP/1.0\r\n\r\n", b"200"),
    ],
)
def test_a_broken_http_request_gets_a_status(pki: Pki, sent: bytes, answered: bytes) -> None:
    address = urlsplit(pki.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        for byte in (sent[:7], sent[7:]):  # in two pieces, as a network may deliver them
            connection.sendall(byte)
        assert connection.recv(4096).split(b" ")[1] == answered
