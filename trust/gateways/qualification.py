"""What a listed service says of a certificate that it issued (ETSI TS 119 615, 4.4 and 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from asn1crypto import x509
from cryptography import x509 as certificates
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from pyhanko.sign.validation.qualified.assess import QualificationAssessor
from pyhanko.sign.validation.qualified.eutl_parse import read_qualified_service_definitions
from pyhanko.sign.validation.qualified.tsp import (
    CAServiceInformation,
    QcCertType,
    QTSTServiceInformation,
    QualifiedServiceInformation,
    TSPRegistry,
)
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.path import ValidationPath

from trust.gateways.process_cache import ProcessCache
from trust.gateways.trusted_lists import NAMESPACE, key_digest
from trust.rules.trusted_lists import Verdict

_SEAL, _SIGNATURE = QcCertType.QC_ESEAL, QcCertType.QC_ESIGN
_FRAME = (
    f'<TrustServiceStatusList xmlns="{NAMESPACE}"><TrustServiceProviderList><TrustServiceProvider><TSPServices>%s'
    "</TSPServices></TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>"
)
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    certificates.InvalidVersion,
)
# A certificate that claims several types, and criteria combined in a way that nobody has defined: the library gives up
# by this, and what it gives up on is not qualified.
_UNJUDGED = (*_UNREADABLE, NotImplementedError)


class CertificateUnreadable(Exception):
    """Not a certificate, or not one whose chain can be followed."""


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """A listed service: its name, and its definitions for the times at which it was granted."""

    name: str
    definitions: tuple[QualifiedServiceInformation, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class IssuedBy:
    """A certificate with those above it, as far as each was truly issued by the next: leaf first."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def keys(self) -> list[str]:
        return [key_digest(one) for one in self.certificates]

    @property
    def issued_at(self) -> datetime:
        begins: datetime = self.certificates[0].not_valid_before
        return begins

    @property
    def country(self) -> str:
        """The country that the topmost known issuer's name gives, where it gives one."""
        for one in (*reversed(self.certificates[1:]), self.certificates[0]):
            if found := one.issuer.native.get("country_name") or one.subject.native.get("country_name"):
                return str(found)
        return ""


def issued_by(certificate: bytes, chain: Sequence[bytes]) -> IssuedBy:
    """Follow the issuers' signatures up a chain given in any order. Raises CertificateUnreadable."""
    try:
        leaf = certificates.load_der_x509_certificate(certificate)
        others = [certificates.load_der_x509_certificate(der) for der in chain]
        line = [leaf]
        while issuer := next((one for one in others if one not in line and _issued(line[-1], one)), None):
            line.append(issuer)
        found = tuple(x509.Certificate.load(_der(one), strict=True) for one in line)
        for one in found:
            one.native  # noqa: B018 - asn1crypto reads lazily; what is unreadable shall show now
        return IssuedBy(found)
    except (*_UNREADABLE, UnsupportedAlgorithm) as error:
        raise CertificateUnreadable(str(error)) from error


def read_listed(content: bytes) -> ReadEntry:
    """The definitions in a service's XML, remembered per process. `whole` is false when some could not be read."""
    key = sha256(content).digest()
    found = _services.get(key)
    if found is None:
        found = _read(content)
        _services.put(key, found)
    return found


def certificate_verdict(line: IssuedBy, services: Sequence[ReadEntry], *, at: datetime) -> Verdict:
    """What the services, whose keys are in the line, together make of its first certificate at a moment."""
    leaf, *issuers = line.certificates
    registry = TSPRegistry()
    owners: dict[QualifiedServiceInformation | None, int] = {}
    for number, service in enumerate(services):
        for one in service.definitions:
            if isinstance(one, CAServiceInformation):
                # An entry of the past may name its key only by an identifier; that it is in the line we know already.
                named = replace(one, base_info=replace(one.base_info, provider_certs=tuple(issuers)))
                registry.register_ca(named)
                owners[named] = number
    *between, anchor = issuers
    path = ValidationPath(CertTrustAnchor(anchor), interm=reversed(between), leaf=leaf)
    try:
        found = QualificationAssessor(registry).check_entity_cert_qualified(path, moment=at)
        granted = [owners[one] for one in registry.applicable_tsps_on_path(path, at) if one in owners]
    except _UNJUDGED:
        return Verdict(service=None, qualified=False, for_seals=False, for_signatures=False, qscd=False)
    status, decisive = found.status, owners.get(found.service_definition)
    return Verdict(
        service=decisive if decisive is not None else next(iter(granted), None),
        qualified=status.qualified,
        for_seals=status.qc_type is _SEAL,
        for_signatures=status.qc_type is _SIGNATURE,
        qscd=status.qc_key_security.is_qscd,
    )


def timestamps_granted(service: ReadEntry, *, at: datetime) -> bool:
    """Whether the service was granted as one for qualified timestamps at a moment."""
    return any(
        isinstance(one, QTSTServiceInformation)
        and one.base_info.valid_from <= at
        and (one.base_info.valid_until is None or at < one.base_info.valid_until)
        for one in service.definitions
    )


def _issued(certificate: certificates.Certificate, issuer: certificates.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _der(certificate: certificates.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _read(content: bytes) -> ReadEntry:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    names = root.findall("{*}ServiceInformation/{*}ServiceName/{*}Name")
    english = [one.text for one in names if one.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"]
    name = (english or [one.text for one in names] or [""])[0] or ""
    reading = read_qualified_service_definitions(_FRAME % content.decode())
    definitions = []
    try:
        while True:
            definitions.append(next(reading))
    except StopIteration as done:
        return ReadEntry(name, tuple(definitions), whole=not done.value)
    except _UNREADABLE:
        return ReadEntry(name, (), whole=False)


_services: ProcessCache[ReadEntry] = ProcessCache()
