"""A timestamp authority that lies in one chosen way, over real HTTP, with real keys and a revocation list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
POLICY = "1.3.6.1.4.1.99999.1"

# Each lie with the fault that must be found in it.
LIES = {
    "hangs up": "no_reply",
    "sends more than 64 kB": "no_reply",
    "answers HTTP 500": "http_status",
    "redirects": "http_status",
    "calls it HTML": "content_type",
    "sends garbage": "malformed",
    "sends nothing": "malformed",
    "cuts the answer short": "malformed",
    "appends to the answer": "malformed",
    "grants without a token": "malformed",
    "leaves its certificate out": "malformed",
    "signs twice": "malformed",
    "rejects": "rejected",
    "asks to wait": "rejected",
    "grants with modifications": "granted_with_mods",
    "changes the nonce": "nonce",
    "leaves the nonce out": "nonce",
    "replays its first answer": "nonce",
    "stamps a SHA-1 imprint": "imprint_algorithm",
    "stamps another imprint": "imprint",
    "uses another policy": "policy",
    "gives a serial number that nobody can keep": "serial_too_long",
    "breaks its signature": "signature",
    "signs with another key": "signature",
    "changes the content after signing": "content_digest",
    "signs a digest of something else": "content_digest",
    "names another certificate": "signing_certificate",
    "names no certificate": "signing_certificate",
    "has no extended key usage": "purpose",
    "has a purpose that is not critical": "purpose",
    "has a second purpose": "purpose",
    "is issued by a stranger": "untrusted",
    "has an expired certificate": "untrusted",
    "lives a month ahead": "time",
    "lives ten minutes ago": "time",
    "repeats a serial number": "serial_seen",
    "has been revoked": "certificate_revoked",
    "hides its revocation list": "revocation_unknown",
}


@dataclass(frozen=True)
class Signer:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass
class LyingTsa:
    """Answers `POST /tsa` as `lie` says, or honestly without one; counts what it was asked, and keeps
    the headers of the last request."""

    url: str = ""
    lie: str | None = None
    asked: int = 0
    first_answer: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    serials: Iterator[int] = field(default_factory=lambda: count(int(datetime.now(UTC).timestamp() * 1000)))

    def establish(self, base_url: str) -> None:
        """Make the certificates; the revocation list's address is part of them."""
        self.url = f"{base_url}/tsa"
        now = datetime.now(UTC)
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        more = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING])
        crl = f"{base_url}/crl"
        self.root = _certify("Root of lies", None, None, False, now, crl)
        stranger = _certify("Stranger", None, None, False, now, crl)
        self.signers = {
            None: _certify("TSA", self.root, stamping, True, now, crl),
            "has no extended key usage": _certify("No purpose", self.root, None, True, now, crl),
            "has a purpose that is not critical": _certify("Not critical", self.root, stamping, False, now, crl),
            "has a second purpose": _certify("Two purposes", self.root, more, True, now, crl),
            "is issued by a stranger": _certify("Foreign", stranger, stamping, True, now, crl),
            "has an expired certificate": _certify("Expired", self.root, stamping, True, now - 400 * DAY, crl),
            "has been revoked": _certify("Revoked", self.root, stamping, True, now, crl),
            "hides its revocation list": _certify("Hidden", self.root, stamping, True, now, f"{base_url}/hidden"),
        }

    def anchor(self) -> bytes:
        """The PEM that makes the honest certificate trusted."""
        return self.root.certificate.public_bytes(Encoding.PEM)

    def revocation_list(self) -> bytes:
        now = datetime.now(UTC)
        revoked = (
            x509.RevokedCertificateBuilder()
            .serial_number(self.signers["has been revoked"].certificate.serial_number)
            .revocation_date(now - DAY)
            .build()
        )
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.root.certificate.subject)
        builder = builder.last_update(now - DAY).next_update(now + DAY).add_revoked_certificate(revoked)
        return builder.sign(self.root.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def answer(self, request: bytes) -> tuple[int, str, bytes]:
        """HTTP status, content type and body for one request."""
        self.asked += 1
        body = self._response(tsp.TimeStampReq.load(request))
        self.first_answer = self.first_answer or body
        envelopes: dict[str | None, tuple[int, str, bytes]] = {
            "answers HTTP 500": (500, "application/timestamp-reply", body),
            "redirects": (302, "application/timestamp-reply", body),
            "calls it HTML": (200, "text/html", body),
            "sends garbage": (200, "application/timestamp-reply", b"<html>oops</html>"),
            "sends nothing": (200, "application/timestamp-reply", b""),
            "cuts the answer short": (200, "application/timestamp-reply", body[:-100]),
            "appends to the answer": (200, "application/timestamp-reply", body + b"\x05\x00"),
            "sends more than 64 kB": (200, "application/timestamp-reply", body + bytes(65 * 1024)),
            "replays its first answer": (200, "application/timestamp-reply", self.first_answer),
        }
        return envelopes.get(self.lie, (200, "application/timestamp-reply", body))

    def _response(self, request: tsp.TimeStampReq) -> bytes:
        status = {
            "rejects": "rejection",
            "asks to wait": "waiting",
            "grants with modifications": "granted_with_mods",
        }.get(self.lie or "", "granted")
        response = tsp.PKIStatusInfo({"status": status}).dump()
        if self.lie not in {"rejects", "asks to wait", "grants without a token"}:
            response += self._token(request).dump()
        return bytes(core.Sequence(contents=response).dump())

    def _content(self, request: tsp.TimeStampReq) -> tsp.TSTInfo:
        imprint, algorithm = request["message_imprint"]["hashed_message"].native, "sha256"
        if self.lie == "stamps another imprint":
            imprint = sha256(imprint).digest()
        if self.lie == "stamps a SHA-1 imprint":
            imprint, algorithm = imprint[:20], "sha1"
        serials = {"repeats a serial number": 1, "gives a serial number that nobody can keep": 1 << 300}
        shift = {"lives a month ahead": 30 * DAY, "lives ten minutes ago": timedelta(minutes=-10)}
        content = {
            "version": 1,
            "policy": "1.3.6.1.4.1.99999.2" if self.lie == "uses another policy" else POLICY,
            "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": imprint},
            "serial_number": serials.get(self.lie or "") or next(self.serials),
            "gen_time": datetime.now(UTC) + shift.get(self.lie or "", timedelta(0)),
            "nonce": request["nonce"].native ^ (self.lie == "changes the nonce"),
        }
        if self.lie == "leaves the nonce out":
            del content["nonce"]
        return tsp.TSTInfo(content)

    def _token(self, request: tsp.TimeStampReq) -> cms.ContentInfo:
        signer = self.signers.get(self.lie, self.signers[None])
        content = self._content(request).dump()
        signer_info = self._signer_info(signer, content)
        if self.lie == "changes the content after signing":
            content = self._content(request).dump()
        left_out = self.lie == "leaves its certificate out"
        return cms.ContentInfo(
            {
                "content_type": "signed_data",
                "content": {
                    "version": "v3",
                    "digest_algorithms": [{"algorithm": "sha256"}],
                    "encap_content_info": {
                        "content_type": "tst_info",
                        "content": core.ParsableOctetString(content),
                    },
                    "certificates": [asn1.Certificate.load(self.root.der if left_out else signer.der)],
                    "signer_infos": [signer_info] * (2 if self.lie == "signs twice" else 1),
                },
            }
        )

    def _signer_info(self, signer: Signer, content: bytes) -> cms.SignerInfo:
        attributes = self._attributes(signer, content)
        key = self.root.key if self.lie == "signs with another key" else signer.key
        signature = bytearray(key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())))
        if self.lie == "breaks its signature":
            signature[-1] ^= 1
        certificate = asn1.Certificate.load(signer.der)
        name = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier("issuer_and_serial_number", name),
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": bytes(signature),
            }
        )

    def _attributes(self, signer: Signer, content: bytes) -> cms.CMSAttributes:
        named = self.root if self.lie == "names another certificate" else signer
        digested = b"else" if self.lie == "signs a digest of something else" else content
        attributes = [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [sha256(digested).digest()]},
            {
                "type": "signing_certificate_v2",
                "values": [{"certs": [{"cert_hash": sha256(named.der).digest()}]}],
            },
        ]
        if self.lie == "names no certificate":
            attributes.pop()
        return cms.CMSAttributes([cms.CMSAttribute(one) for one in attributes])


def _certify(
    name: str,
    issuer: Signer | None,
    purpose: x509.ExtendedKeyUsage | None,
    critical: bool,
    now: datetime,
    crl_url: str,
) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    authority = issuer is None
    usage = {"digital_signature": not authority, "key_cert_sign": authority, "crl_sign": authority}
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    rest = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 365 * DAY)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(x509.KeyUsage(**usage, **rest), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
    )
    if purpose:
        builder = builder.add_extension(purpose, critical)
    return Signer(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


@contextmanager
def lying_tsa() -> Iterator[LyingTsa]:
    """A running authority on loopback."""
    tsa = LyingTsa()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            tsa.headers = dict(self.headers)
            request = self.rfile.read(int(self.headers["Content-Length"]))
            if tsa.lie == "hangs up":
                self.close_connection = True
                return
            status, content_type, body = tsa.answer(request)
            self._send(status, content_type, body)

        def do_GET(self) -> None:
            found = self.path == "/crl"
            self._send(200 if found else 404, "application/pkix-crl", tsa.revocation_list() if found else b"")

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", tsa.url)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    tsa.establish(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield tsa
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def anchors_file(folder: Path, *pems: bytes) -> str:
    """A file of trust anchors."""
    path = folder / "anchors.pem"
    path.write_bytes(b"".join(pems))
    return str(path)
