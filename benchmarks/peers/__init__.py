"""Other makers of seals, in the same run: each in an environment of its own, and named as absent when it cannot be had.

A peer signs the same document with an RSA-2048 key and prints the CPU milliseconds of one seal, measured inside its own
warm process (`pdfsig` starts anew for each file, which is how it is used). What it made must verify.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from asn1crypto import tsp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from benchmarks.figures import report, tell
from tests.formats.pki import Entity, Pki, answer, build_pki, issue, timestamp_token

HERE = Path(__file__).parent
ENVIRONMENTS = Path("var/peers")
PASSWORD = "peer"
JARS = ("pdfbox2", "fontbox2", "bcprov", "bcpkix", "bcutil", "commons-logging")


class Absent(Exception):
    """The peer cannot be run here; the message says why."""


@dataclass(frozen=True)
class Order:
    """What a peer is given: a document, a key with its chain, the authorities, and where to put the result."""

    document: Path
    key: Path
    certificate: Path
    issuer: Path
    bundle: Path
    authority: str
    responder: str
    folder: Path
    repetitions: int

    def arguments(self, result: str) -> list[str]:
        """One JSON object, which is all that the peers' programs read."""
        given = {name: str(value) for name, value in vars(self).items()} | {"password": PASSWORD}
        return [json.dumps(given | {"result": str(self.folder / result), "repetitions": self.repetitions})]


def measure_peers(document: Path, signature: float, repetitions: int) -> None:
    """Print what each peer needs for the document, in milliseconds and in C (one signature of our HSM session)."""
    pki = build_pki()
    signer = issue("Peer", issuer=pki.seal_issuer, now=pki.now, algorithm="rsa-2048")
    with tempfile.TemporaryDirectory() as folder, _services(pki, signer) as address:
        order = _order(pki, signer, address, document, Path(folder), repetitions)
        for name, measure in PEERS.items():
            try:
                cost = measure(order)
            except Absent as absent:
                tell(f"peer_{name} absent: {absent}")
                continue
            report(f"peer_{name}", cost, "ms")
            report(f"peer_{name}", cost / signature, "C")


def _endesive(order: Order) -> float:
    cost = _in_environment("endesive", order, "endesive.pdf")
    _assert_valid_pdf(order.folder / "endesive.pdf")
    return cost


def _pyasice(order: Order) -> float:
    """It verifies its own container before it prints."""
    return _in_environment("pyasice", order, "pyasice.asice")


def _pdfbox(order: Order) -> float:
    if not shutil.which("javac"):
        raise Absent("no javac; as root: apt-get install default-jdk-headless libpdfbox2-java libbcpkix-java")
    jars = [Path("/usr/share/java") / f"{name}.jar" for name in JARS]
    if missing := [jar.name for jar in jars if not jar.exists()]:
        raise Absent(f"no {', '.join(missing)}; as root: apt-get install libpdfbox2-java libbcpkix-java")
    path = ":".join(map(str, [*jars, order.folder]))
    _run(["javac", "-cp", path, "-d", order.folder, HERE / "PdfBoxSeal.java"])
    settings = order.folder / "pdfbox.properties"
    settings.write_text(
        f"document={order.document}\nbundle={order.bundle}\npassword={PASSWORD}\n"
        f"result={order.folder / 'pdfbox.pdf'}\nrepetitions={order.repetitions}\n"
    )
    cost = float(_run(["java", "-cp", path, "PdfBoxSeal", settings]))
    _assert_valid_pdf(order.folder / "pdfbox.pdf")
    return cost


def _pdfsig(order: Order) -> float:
    if missing := [name for name in ("pdfsig", "certutil", "pk12util") if not shutil.which(name)]:
        raise Absent(f"no {', '.join(missing)}; as root: apt-get install poppler-utils libnss3-tools")
    store = order.folder / "nss"
    store.mkdir()
    database = f"sql:{store}"
    _run(["certutil", "-N", "-d", database, "--empty-password"])
    _run(["pk12util", "-i", order.bundle, "-d", database, "-W", PASSWORD])
    result = order.folder / "pdfsig.pdf"
    command = ["pdfsig", "-add-signature", "-nick", "peer", "-nssdir", store, order.document, result]
    before, count = _children(), max(2, order.repetitions // 10)
    for _ in range(count):
        result.unlink(missing_ok=True)
        _run(command)
    cost = (_children() - before) / count * 1000
    _assert_valid_pdf(result)
    return cost


PEERS: dict[str, Callable[[Order], float]] = {
    "endesive_b_t": _endesive,
    "pdfsig_b_b": _pdfsig,
    "pdfbox_b_b": _pdfbox,
    "pyasice_asice_lt": _pyasice,
}


def _in_environment(name: str, order: Order, result: str) -> float:
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        _install(name, python)
    return float(_run([python, HERE / f"{name}_seal.py", *order.arguments(result)]))


def _install(name: str, python: Path) -> None:
    try:
        _run([sys.executable, "-m", "venv", "--clear", python.parent.parent])
        _run([python, "-m", "pip", "--quiet", "install", "--requirement", HERE / f"{name}.txt"])
    except Absent as absent:
        shutil.rmtree(python.parent.parent, ignore_errors=True)
        raise Absent(f"it could not be installed: {absent}") from absent


def _run(command: Sequence[str | Path]) -> str:
    """The last line that it said."""
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Absent((ran.stderr.strip() or ran.stdout.strip() or "no reason given").splitlines()[-1])
    return (ran.stdout.strip() or "0").splitlines()[-1]


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _assert_valid_pdf(path: Path) -> None:
    said = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said, said


def _order(pki: Pki, signer: Entity, address: str, document: Path, folder: Path, repetitions: int) -> Order:
    bundle = pkcs12.serialize_key_and_certificates(
        b"peer",
        signer.key,
        signer.certificate,
        [pki.seal_issuer.certificate],
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )
    files = {"bundle.p12": bundle, "key.pem": _pem(signer), "certificate.der": signer.der}
    files["issuer.der"] = pki.seal_issuer.der
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Order(
        document=document.absolute(),
        key=folder / "key.pem",
        certificate=folder / "certificate.der",
        issuer=folder / "issuer.der",
        bundle=folder / "bundle.p12",
        authority=f"{address}/tsa",
        responder=f"{address}/ocsp",
        folder=folder,
        repetitions=repetitions,
    )


def _pem(signer: Entity) -> bytes:
    return signer.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@contextmanager
def _services(pki: Pki, signer: Entity) -> Iterator[str]:
    """A timestamp authority and an OCSP responder over HTTP, at the address given; their own cost is not the peers'."""
    usage = ExtendedKeyUsageOID.OCSP_SIGNING
    responder = issue(
        "Peer responder", issuer=pki.seal_issuer, now=pki.now, usage=usage, no_check=True, algorithm="rsa-2048"
    )

    class Authorities(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/tsa":
                self._answer("application/timestamp-reply", _stamp(pki, body))
            else:
                said = answer(signer, pki.seal_issuer, responder, pki.now)
                self._answer("application/ocsp-response", said)

        def _answer(self, kind: str, said: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Nothing: the run prints figures alone."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Authorities)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def _stamp(pki: Pki, request: bytes) -> bytes:
    asked = tsp.TimeStampReq.load(request)
    imprint = asked["message_imprint"]["hashed_message"].native
    token = timestamp_token(pki.authority, imprint, pki.now, nonce=asked["nonce"].native)
    response = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": tsp.ContentInfo.load(token)})
    return bytes(response.dump())
