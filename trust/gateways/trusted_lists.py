"""Trusted lists by ETSI TS 119 612, versions 5 and 6: fetched from allowed hosts, and believed only when signed.

Everything that leaves this module was covered by the signature, but for `pivots`, which only says where to look.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from asn1crypto import x509
from cryptography import x509 as certificates
from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings
from lxml import etree
from pyhanko.sign.validation.qualified.eutl_parse import LOTL_RULE, parse_lotl_unsafe
from pyhanko.sign.validation.qualified.tsp import CA_QC_URI, QTST_URI
from signxml.exceptions import SignXMLException
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier
from xsdata.exceptions import ParserError

from trust.gateways.http import NoReply, exchange
from trust.rules.trusted_lists import TEST_MARK, ListFault, ListHead

LIMIT_BYTES = 16 * 1024 * 1024
LIMIT_DEPTH = 64
LIMIT_SECONDS = 30.0
NAMESPACE = "http://uri.etsi.org/02231/v2#"
_XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
_NAMES = {"tsl": NAMESPACE, "ds": _XMLDSIG}
_TYPES = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/"
_ACCEPT = {"Accept": "application/vnd.etsi.tsl+xml, application/xml, text/xml"}
# What the libraries raise on input that is not what it claims to be.
_UNREADABLE = (
    ParserError,
    etree.LxmlError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    certificates.InvalidVersion,
)


class ListUnusable(Exception):
    """Not a list that may be believed; `fault` says what is wrong, the message tells more."""

    def __init__(self, fault: ListFault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
        self.fault = fault


class ListAway(Exception):
    """The list could not be fetched: the address is not allowed, does not answer, or answers something else."""


@dataclass(frozen=True, slots=True)
class SignedList:
    """A list whose signature holds. `signed` is exactly what was signed (canonical XML), `signer` the DER of whose key
    signed it; `is_test`: the signer calls itself a development one."""

    head: ListHead
    signed: bytes
    signer: bytes
    is_test: bool


@dataclass(frozen=True, slots=True)
class ListPointer:
    """Where a list is to be found, and the certificates (DER) that may sign it."""

    territory: str
    url: str
    signers: tuple[bytes, ...]
    of_lists: bool


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """A service that issues qualified certificates or timestamps: `keys` as in `key_digest`, `content` its XML."""

    keys: tuple[str, ...]
    content: bytes


def fetch_list(url: str) -> bytes:
    """The body at an address whose host is in TRUSTED_LISTS_HOSTS. Raises ListAway."""
    parts = urlsplit(url)
    allowed = set(settings.TRUSTED_LISTS_HOSTS)
    if parts.scheme not in {"http", "https"} or not {parts.netloc, parts.hostname} & allowed:
        raise ListAway(f"{parts.hostname} is not in TRUSTED_LISTS_HOSTS")
    try:
        reply = exchange("GET", url, limit_bytes=LIMIT_BYTES, headers=_ACCEPT, limit_seconds=LIMIT_SECONDS)
    except NoReply as error:
        raise ListAway(f"no reply from {parts.hostname}: {error}") from error
    if reply.status != 200:
        raise ListAway(f"HTTP {reply.status} from {parts.hostname}")
    return reply.body


def read_list(content: bytes, *, signers: Sequence[bytes]) -> SignedList:
    """Verify a list against the certificates (DER) that may sign it. Raises ListUnusable."""
    root = _parse(content)
    _check_enveloped(root)
    issued_at = _head(root).issued_at  # a claim, used only to look at the certificates' validity
    problems = []
    for der in signers:
        try:
            signer = certificates.load_der_x509_certificate(der)
            signed = _verified(content, signer, issued_at)
        except (SignXMLException, UnsupportedAlgorithm, *_UNREADABLE) as error:
            problems.append(f"{type(error).__name__}: {error}")
            continue
        is_test = TEST_MARK in signer.subject.rfc4514_string().lower()
        return SignedList(_head(_parse(signed)), signed, der, is_test)
    raise ListUnusable(ListFault.SIGNATURE, "; ".join(problems)[:300] or "nobody may sign it")


def pointers(signed: bytes) -> list[ListPointer]:
    """The lists that a verified list of the lists points to, itself among them. Raises ListUnusable."""
    try:
        found = parse_lotl_unsafe(signed.decode()).references
    except _UNREADABLE as error:
        raise ListUnusable(ListFault.UNREADABLE, f"pointers: {error}") from error
    return [
        ListPointer(
            territory=one.territory,
            url=one.location_uri,
            signers=tuple(bytes(certificate.dump()) for certificate in one.tlso_certs),
            of_lists=LOTL_RULE in one.scheme_rules,
        )
        for one in found
    ]


def pivots(content: bytes) -> list[str]:
    """Where the editions are that changed who signs the list of the lists, oldest first. Nobody vouches for this.
    Raises ListUnusable."""
    _parse(content)
    try:
        return sorted(parse_lotl_unsafe(content.decode()).pivot_urls)
    except _UNREADABLE as error:
        raise ListUnusable(ListFault.UNREADABLE, f"pivots: {error}") from error


def services(signed: bytes) -> Iterator[ListedEntry]:
    """The services of a verified list that are or were of the two kinds. Raises ListUnusable."""
    for element in _parse(signed).iterfind(".//tsl:TSPService", _NAMES):
        kinds = {(one.text or "").strip() for one in element.iterfind(".//tsl:ServiceTypeIdentifier", _NAMES)}
        keys = {
            digest
            for one in element.iterfind(".//tsl:ServiceDigitalIdentity//tsl:X509Certificate", _NAMES)
            if (digest := _key_of(one.text or ""))
        }
        if kinds & {CA_QC_URI, QTST_URI} and keys:
            yield ListedEntry(tuple(sorted(keys)), bytes(etree.tostring(element, with_tail=False)))


def key_digest(certificate: x509.Certificate) -> str:
    """The hexadecimal SHA-256 of a certificate's public key (SubjectPublicKeyInfo, DER)."""
    return sha256(certificate.public_key.dump()).hexdigest()


def _key_of(text: str) -> str:
    try:
        return key_digest(x509.Certificate.load(b64decode(text), strict=True))
    except _UNREADABLE:
        return ""  # another identity of the same service may be readable


def _parse(content: bytes) -> etree._Element:
    """The root of XML that declares nothing, is in UTF-8 and not too large or deep. Raises ListUnusable."""
    if len(content) > LIMIT_BYTES:
        raise ListUnusable(ListFault.UNREADABLE, "too large")
    try:
        if "<!DOCTYPE" in content.decode("utf-8"):
            raise ListUnusable(ListFault.UNREADABLE, "a document type is declared")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root = etree.fromstring(content, parser)
    except (etree.LxmlError, ValueError) as error:
        raise ListUnusable(ListFault.UNREADABLE, f"not XML in UTF-8: {error}"[:200]) from error
    if (root.getroottree().docinfo.encoding or "UTF-8").upper() != "UTF-8":
        raise ListUnusable(ListFault.UNREADABLE, "not in UTF-8")
    if root.tag != f"{{{NAMESPACE}}}TrustServiceStatusList" or _depth(root) > LIMIT_DEPTH:
        raise ListUnusable(ListFault.UNREADABLE, "not a trusted list")
    return root


def _depth(root: etree._Element) -> int:
    depth = deepest = 0
    for event, _element in etree.iterwalk(root, ("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _check_enveloped(root: etree._Element) -> None:
    """One signature, directly in the list, over all of the list: nothing is wrapped around or beside what is signed."""
    addresses = {one.get("URI") for one in root.iterfind("ds:Signature/ds:SignedInfo/ds:Reference", _NAMES)}
    name = root.get("Id") or root.get("ID") or root.get("id")
    same_name = sum(name in (one.get("Id"), one.get("ID"), one.get("id")) for one in root.iter()) if name else 0
    whole = "" in addresses or (name is not None and f"#{name}" in addresses and same_name == 1)
    if not whole or len(root.findall("ds:Signature", _NAMES)) != 1 or len(list(root.iter(root.tag))) != 1:
        raise ListUnusable(ListFault.SIGNATURE, "the signature does not cover the whole list")


def _verified(content: bytes, signer: certificates.Certificate, issued_at: datetime) -> bytes:
    config = XAdESSignatureConfiguration(
        require_x509=True, expect_references=True, location="./", verification_time=issued_at
    )
    for result in XAdESVerifier().verify(content, x509_cert=signer, expect_config=config):
        if result.signed_xml is not None and result.signed_xml.tag == f"{{{NAMESPACE}}}TrustServiceStatusList":
            return bytes(result.signed_data)
    raise ValueError("the signature covers no list")


def _head(root: etree._Element) -> ListHead:
    def said(path: str) -> str:
        return (root.findtext(f"tsl:SchemeInformation/{path}", None, _NAMES) or "").strip()

    try:
        next_update = said("tsl:NextUpdate/tsl:dateTime")
        return ListHead(
            territory=said("tsl:SchemeTerritory"),
            version=int(said("tsl:TSLVersionIdentifier")),
            of_lists=said("tsl:TSLType") == f"{_TYPES}EUlistofthelists",
            sequence_number=int(said("tsl:TSLSequenceNumber")),
            issued_at=_moment(said("tsl:ListIssueDateTime")),
            next_update_at=_moment(next_update) if next_update else None,
        )
    except ValueError as error:
        raise ListUnusable(ListFault.UNREADABLE, f"its head: {error}"[:200]) from error


def _moment(text: str) -> datetime:
    """A time with its offset; TS 119 612, 5.1.4 wants UTC."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without an offset")
    return found
