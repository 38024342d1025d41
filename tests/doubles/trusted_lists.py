"""A small Europe of trusted lists: a list of the lists and national lists, signed by keys of their own and served over
HTTP, with everything that can go wrong with them."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from asn1crypto.core import ObjectIdentifier, Sequence, SequenceOf
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import SignatureConstructionMethod, SignatureMethod
from signxml.xades import XAdESSigner

DAY = timedelta(days=1)
QC, QTST = "CA/QC", "TSA/QTST"
SEALS, SIGNATURES = "ForeSeals", "ForeSignatures"
_TYPES = "http://uri.etsi.org/TrstSvc"


class _Statement(Sequence):
    _fields = [("id", ObjectIdentifier)]


class _Types(SequenceOf):
    _child_spec = ObjectIdentifier


class _TypeStatement(Sequence):
    _fields = [("id", ObjectIdentifier), ("info", _Types)]


@dataclass(frozen=True)
class Signer:
    """A key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def base64(self) -> str:
        return b64encode(self.der).decode()


@cache
def signer(
    name: str, *, country: str = "LT", begins: datetime = datetime(2020, 1, 1, tzinfo=UTC), years: int = 20
) -> Signer:
    """Somebody who signs lists, or an authority that issues certificates; the same name is always the same key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Signer(key, _certificate(name, key, None, country=country, begins=begins, ends=begins + years * 365 * DAY))


def qualified_certificate(
    issuer: Signer,
    *,
    begins: datetime,
    types: tuple[str, ...] = ("0.4.0.1862.1.6.2",),
    device: bool = True,
    claims: bool = True,
) -> bytes:
    """A certificate (DER) that calls itself qualified: for seals, unless other QcTypes are named."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = _certificate(
        "Acme",
        key,
        issuer,
        country="LT",
        begins=begins,
        ends=begins + 700 * DAY,
        statements=_statements(types, device, claims),
    )
    return made.public_bytes(Encoding.DER)


def _statements(types: tuple[str, ...], device: bool, claims: bool) -> bytes:
    found: list[Sequence] = [_Statement({"id": "0.4.0.1862.1.1"})] if claims else []
    found += [_Statement({"id": "0.4.0.1862.1.4"})] if device else []
    found += [_TypeStatement({"id": "0.4.0.1862.1.6", "info": _Types(list(types))})] if types else []
    content = b"".join(one.dump() for one in found)
    return b"\x30" + bytes([len(content)]) + content


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: Signer | None,
    *,
    country: str,
    begins: datetime,
    ends: datetime,
    statements: bytes = b"",
) -> x509.Certificate:
    subject = x509.Name(
        [x509.NameAttribute(x509.NameOID.COUNTRY_NAME, country), x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
    )
    if statements:
        qualified = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), statements)
        builder = builder.add_extension(qualified, critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


@dataclass(frozen=True)
class Status:
    """What a service was from a moment on. `named`: its certificate is given, as entries of the past need not."""

    since: datetime
    status: str = "granted"
    uses: tuple[str, ...] = (SEALS,)
    named: bool = True
    extra: str = ""


@dataclass(frozen=True)
class Service:
    """A trust service: the newest status first."""

    authority: Signer
    statuses: tuple[Status, ...]
    kind: str = QC
    name: str = "Qualified seals of the test"

    def xml(self) -> str:
        now, *before = (self._status(one) for one in self.statuses)
        history = "".join(f"<ServiceHistoryInstance>{one}</ServiceHistoryInstance>" for one in before)
        return (
            f"<TSPService><ServiceInformation>{now}</ServiceInformation>"
            f"<ServiceHistory>{history}</ServiceHistory></TSPService>"
        )

    def _status(self, one: Status) -> str:
        identity = (
            f"<X509Certificate>{self.authority.base64}</X509Certificate>" if one.named else "<X509SKI>AAAA</X509SKI>"
        )
        uses = "".join(
            '<Extension Critical="true"><AdditionalServiceInformation>'
            f'<URI xml:lang="en">{_TYPES}/TrustedList/SvcInfoExt/{use}</URI>'
            "</AdditionalServiceInformation></Extension>"
            for use in one.uses
        )
        return (
            f"<ServiceTypeIdentifier>{_TYPES}/Svctype/{self.kind}</ServiceTypeIdentifier>"
            f'<ServiceName><Name xml:lang="en">{self.name}</Name></ServiceName>'
            f"<ServiceDigitalIdentity><DigitalId>{identity}</DigitalId></ServiceDigitalIdentity>"
            f"<ServiceStatus>{_TYPES}/TrustedList/Svcstatus/{one.status}</ServiceStatus>"
            f"<StatusStartingTime>{one.since:%Y-%m-%dT%H:%M:%SZ}</StatusStartingTime>"
            f"<ServiceInformationExtensions>{uses}{one.extra}</ServiceInformationExtensions>"
        )


@dataclass(frozen=True)
class Pointer:
    """Where a list is and who may sign it."""

    territory: str
    url: str
    signers: tuple[Signer, ...]

    def xml(self) -> str:
        rule = "EUlistofthelists" if self.territory == "EU" else "EUcommon"
        identities = "".join(
            f"<ServiceDigitalIdentity><DigitalId><X509Certificate>{one.base64}</X509Certificate></DigitalId></ServiceDigitalIdentity>"
            for one in self.signers
        )
        return (
            f"<OtherTSLPointer><ServiceDigitalIdentities>{identities}</ServiceDigitalIdentities>"
            f"<TSLLocation>{self.url}</TSLLocation><AdditionalInformation>"
            "<OtherInformation><SchemeTypeCommunityRules>"
            f'<URI xml:lang="en">{_TYPES}/TrustedList/schemerules/{rule}</URI>'
            "</SchemeTypeCommunityRules></OtherInformation>"
            f"<OtherInformation><SchemeTerritory>{self.territory}</SchemeTerritory></OtherInformation>"
            '<OtherInformation><x:MimeType xmlns:x="http://uri.etsi.org/02231/v2/additionaltypes#">'
            "application/vnd.etsi.tsl+xml</x:MimeType></OtherInformation>"
            "</AdditionalInformation></OtherTSLPointer>"
        )


@dataclass(frozen=True)
class TrustedListDraft:
    """A list before it is signed; `xml` signs nothing, `signed` does."""

    territory: str
    issued_at: datetime
    number: int = 7
    version: int = 6
    lasts: timedelta | None = 30 * DAY
    services: tuple[Service, ...] = ()
    pointers: tuple[Pointer, ...] = ()
    pivots: tuple[str, ...] = ()

    def xml(self) -> str:
        kind = "EUlistofthelists" if self.territory == "EU" else "EUgeneric"
        ends = (
            f"<dateTime>{self.issued_at + self.lasts:%Y-%m-%dT%H:%M:%SZ}</dateTime>" if self.lasts is not None else ""
        )
        uris = "".join(f'<URI xml:lang="en">{one}</URI>' for one in (*self.pivots, "https://lists.test/about.html"))
        pointers = "".join(one.xml() for one in self.pointers)
        services = "".join(one.xml() for one in self.services)
        providers = (
            f"<TrustServiceProviderList><TrustServiceProvider><TSPServices>{services}</TSPServices>"
            "</TrustServiceProvider></TrustServiceProviderList>"
        )
        return (
            '<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" Id="list"'
            ' TSLTag="http://uri.etsi.org/19612/TSLTag"><SchemeInformation>'
            f"<TSLVersionIdentifier>{self.version}</TSLVersionIdentifier>"
            f"<TSLSequenceNumber>{self.number}</TSLSequenceNumber>"
            f"<TSLType>{_TYPES}/TrustedList/TSLType/{kind}</TSLType>"
            f"<SchemeInformationURI>{uris}</SchemeInformationURI>"
            f"<SchemeTerritory>{self.territory}</SchemeTerritory>"
            f"<PointersToOtherTSL>{pointers}</PointersToOtherTSL>"
            f"<ListIssueDateTime>{self.issued_at:%Y-%m-%dT%H:%M:%SZ}</ListIssueDateTime>"
            f"<NextUpdate>{ends}</NextUpdate></SchemeInformation>"
            f"{providers if self.services else ''}</TrustServiceStatusList>"
        )

    def signed(self, by: Signer) -> bytes:
        tool = XAdESSigner(
            method=SignatureConstructionMethod.enveloped, signature_algorithm=SignatureMethod.ECDSA_SHA256
        )
        root = tool.sign(etree.fromstring(self.xml()), key=by.key, cert=[by.certificate])
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


@dataclass
class ListSite:
    """Where lists are served: `answers` has the status and body of each path, `asked` what was asked for."""

    url: str
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def publish(self, path: str, body: bytes, *, status: int = 200) -> str:
        self.answers[path] = (status, body)
        return self.url + path


@contextmanager
def list_site() -> Iterator[ListSite]:
    """A running site on loopback."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            status, body = site.answers.get(self.path, (404, b"not here"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    site = ListSite(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def signers_file(folder: Path, *signers: Signer) -> str:
    """A PEM file for TRUSTED_LISTS_SIGNERS."""
    path = folder / "signers.pem"
    path.write_bytes(b"".join(one.pem for one in signers))
    return str(path)
