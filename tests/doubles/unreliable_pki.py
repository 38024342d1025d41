"""The development PKI at an address of its own, with faults that can be switched on for OCSP and CRLs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509 import ocsp

from portal.devstack.pki import hierarchy
from portal.devstack.pki.der import SEQUENCE, oid, tlv
from portal.devstack.pki.http import BadRequest, Request, Response
from portal.devstack.pki.serve import DevelopmentPki

# What can be wrong with any answer, and what only with an OCSP answer.
FAULTS = ("down", "error", "redirect", "huge", "garbage")
OCSP_FAULTS = ("stranger", "unauthorised signer", "stale", "another", "unauthorized", "later")
HOUR = timedelta(hours=1)


QUALIFIED, ON_DEVICE = "0.4.0.1862.1.1", "0.4.0.1862.1.4"
FOR_SIGNATURES, FOR_SEALS = "0.4.0.1862.1.6.1", "0.4.0.1862.1.6.2"


def _statements(states: tuple[str, ...]) -> x509.UnrecognizedExtension:
    """Each as a statement; what it is for as the value of QcType."""
    of_type = "0.4.0.1862.1.6"
    encoded = [
        tlv(SEQUENCE, oid(of_type), tlv(SEQUENCE, oid(stated)))
        if stated.startswith(f"{of_type}.")
        else tlv(SEQUENCE, oid(stated))
        for stated in states
    ]
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), tlv(SEQUENCE, *encoded))


@dataclass
class UnreliablePki:
    """`faults` names what is wrong now: `{"ocsp": "down", "crl": "huge"}`; `asked` lists the paths asked for."""

    folder: Path
    url: str
    faults: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Load the keys of the run's PKI and make certificates with this address in them."""
        keys, now = Path(os.environ["SEALPORT_VAR"]).parent / "cache" / "pki-keys", datetime.now(UTC)
        self._pki = DevelopmentPki(self.folder, base_url=self.url, keys=keys, now=now)
        self._entities = hierarchy.load_or_create(self.folder, base_url=self.url, keys=keys, now=now)

    @property
    def anchors(self) -> str:
        return str(self.folder / "live-anchors.pem")

    def certify(
        self,
        public_key: bytes,
        *,
        issuer: str = "live-seals",
        uses: tuple[str, ...] = ("content_commitment",),
        authority: bool = False,
        begins: timedelta = -HOUR,
        ends: timedelta = 24 * HOUR,
        states: tuple[str, ...] = (QUALIFIED, ON_DEVICE, FOR_SEALS),
    ) -> bytes:
        """A certificate (PEM) for a SubjectPublicKeyInfo as a careless authority might issue it.

        `states` are its qualified statements (ETSI EN 319 412-5).
        """
        signer, now = self._entities[issuer], datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Careless")]))
            .issuer_name(signer.certificate.subject)
            .public_key(load_der_public_key(public_key))
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(hierarchy.key_usage(*uses), critical=True)
            .add_extension(_statements(states), critical=False)
        )
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.PEM) + signer.pem

    def answer(self, request: Request) -> tuple[int, Response] | None:
        """The status and the answer; None hangs up."""
        self.asked.append(request.path)
        fault = self.faults.get(request.path.split("/")[1])
        if fault == "down":
            return None
        if fault in FAULTS:
            status = {"error": 500, "redirect": 302}.get(fault, 200)
            return status, Response(bytes(2 * 1024 * 1024) if fault == "huge" else b"<html>oops</html>")
        if fault:
            return 200, Response(self._wrong_ocsp(fault, request), "application/ocsp-response")
        try:
            return 200, self._pki.answer(request)
        except BadRequest as refusal:
            return refusal.status.value, Response(str(refusal).encode())

    def _wrong_ocsp(self, fault: str, request: Request) -> bytes:
        if fault == "unauthorized":
            refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
            return refusal.public_bytes(Encoding.DER)
        asked = ocsp.load_der_ocsp_request(request.body)
        now = datetime.now(UTC) + {"stale": -2 * HOUR, "later": 2 * HOUR}.get(fault, timedelta(0))
        # The certificate of the timestamp authority has the same issuer, but no right to answer for it.
        signers = {"stranger": "test-ocsp", "unauthorised signer": "tsa-a"}
        responder = self._entities[signers.get(fault, "live-ocsp")]
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number + (fault == "another"),
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.UNKNOWN if fault == "unknown" else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + HOUR,
            revocation_time=None,
            revocation_reason=None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        builder = builder.certificates([responder.certificate])
        return builder.sign(responder.key, hashes.SHA256()).public_bytes(Encoding.DER)


@contextmanager
def unreliable_pki(folder: Path) -> Iterator[UnreliablePki]:
    """A running PKI on loopback, whose one thread does everything, as its registry demands."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            target = urlsplit(self.path)
            answered = pki.answer(Request(self.command, target.path, dict(parse_qsl(target.query)), body))
            if answered is None:
                return
            status, response = answered
            self.send_response(status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            self.send_header("Location", pki.url)
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    pki = UnreliablePki(folder / "pki", f"http://127.0.0.1:{server.server_port}")
    ready = threading.Event()

    def serve() -> None:
        pki.open()
        ready.set()
        server.serve_forever(poll_interval=0.02)

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait()
    try:
        yield pki
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
