"""The certificates of the development PKI: two trees, one for live seals and one for test mode, made once and kept."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """What one certificate of the PKI is for. A plan without an issuer signs itself."""

    common_name: str
    kind: str
    issuer: str | None
    key: str
    years: int


PLANS: Mapping[str, Plan] = {
    "live-root": Plan("Sealport Development Root", "ca", None, "rsa-3072", 25),
    "live-seals": Plan("Sealport Development Seal CA", "ca", "live-root", "rsa-3072", 15),
    "live-ocsp": Plan("Sealport Development OCSP", "ocsp", "live-seals", "rsa-2048", 10),
    "tsa-a": Plan("Sealport Development Timestamps A", "tsa", "live-seals", "rsa-2048", 10),
    "tsa-b": Plan("Sealport Development Timestamps B", "tsa", "live-seals", "ec-p256", 10),
    "test-root": Plan("Sealport TEST Root", "ca", None, "rsa-3072", 25),
    "test-seals": Plan("Sealport TEST Seal CA", "ca", "test-root", "rsa-3072", 15),
    "test-ocsp": Plan("Sealport TEST OCSP", "ocsp", "test-seals", "rsa-2048", 10),
    "tsa-test": Plan("Sealport TEST Timestamps", "tsa", "test-seals", "rsa-2048", 10),
}


@dataclass(frozen=True)
class Entity:
    name: str
    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def load_or_create(folder: Path, *, base_url: str, keys: Path, now: datetime) -> dict[str, Entity]:
    """All entities by name, made whole or not at all. The folder of keys may be shared by several PKIs."""
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        _create(unfinished, base_url, keys, now)
        unfinished.rename(folder)
    return {name: _load(folder, keys, name) for name in PLANS}


def locations(issuer: str, *, base_url: str) -> list[x509.ExtensionType]:
    """Where a certificate of this issuer says its status and its issuer's certificate can be fetched."""
    crl = x509.UniformResourceIdentifier(f"{base_url}/crl/{issuer}.crl")
    accesses = [(AuthorityInformationAccessOID.CA_ISSUERS, f"{base_url}/certificates/{issuer}.cer")]
    if not issuer.endswith("-root"):
        accesses.insert(0, (AuthorityInformationAccessOID.OCSP, f"{base_url}/ocsp/{issuer}"))
    return [
        x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]),
        x509.AuthorityInformationAccess(
            [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for method, url in accesses]
        ),
    ]


def key_identifiers(
    subject_key: CertificatePublicKeyTypes, issuer: x509.Certificate | None
) -> list[x509.ExtensionType]:
    """Subject and authority key identifiers, which bind a certificate to its key and to its issuer's."""
    subject = x509.SubjectKeyIdentifier.from_public_key(subject_key)
    if issuer is None:
        return [subject]
    of_issuer = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return [subject, x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of_issuer)]


def key_usage(*uses: str) -> x509.KeyUsage:
    """The named uses and no others."""
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{use: use in uses for use in every.split()})


def _create(folder: Path, base_url: str, keys: Path, now: datetime) -> None:
    keys.mkdir(parents=True, mode=0o700, exist_ok=True)
    for name, plan in PLANS.items():
        if not (keys / f"{name}.key").exists():
            _write_key(keys / f"{name}.key", _generate(plan.key))
        issuer = _load(folder, keys, plan.issuer) if plan.issuer else None
        certificate = _certify(name, plan, _load_key(keys, name), issuer, base_url, now)
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    for mode in ("live", "test"):
        shutil.copy(folder / f"{mode}-root.pem", folder / f"{mode}-anchors.pem")
    (folder / "base_url").write_text(base_url)


def _certify(
    name: str, plan: Plan, key: PrivateKey, issuer: Entity | None, base_url: str, now: datetime
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "LT"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sealport development, not for production"),
            x509.NameAttribute(NameOID.COMMON_NAME, plan.common_name),
        ]
    )
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + plan.years * 365 * DAY)
    )
    extensions = key_identifiers(key.public_key(), issuer.certificate if issuer else None)
    extensions += locations(issuer.name, base_url=base_url) if issuer else []
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    for extension, critical in _purpose(name, plan):
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def _purpose(name: str, plan: Plan) -> list[tuple[x509.ExtensionType, bool]]:
    if plan.kind == "ca":
        depth = None if plan.issuer is None else 0
        return [
            (x509.BasicConstraints(ca=True, path_length=depth), True),
            (key_usage("key_cert_sign", "crl_sign"), True),
        ]
    leaf = [(x509.BasicConstraints(ca=False, path_length=None), True), (key_usage("digital_signature"), True)]
    if plan.kind == "ocsp":
        return [
            *leaf,
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
            (x509.OCSPNoCheck(), False),
        ]
    # RFC 3161, 2.3: the purpose of a timestamp authority is critical and the only one.
    return [*leaf, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)]


def _generate(kind: str) -> PrivateKey:
    if kind == "ec-p256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa-")))


def _write_key(path: Path, key: PrivateKey) -> None:
    unfinished = path.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    unfinished.replace(path)


def _load(folder: Path, keys: Path, name: str) -> Entity:
    return Entity(name, _load_key(keys, name), x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()))


def _load_key(keys: Path, name: str) -> PrivateKey:
    return cast(PrivateKey, serialization.load_pem_private_key((keys / f"{name}.key").read_bytes(), password=None))
