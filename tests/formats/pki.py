"""A throw-away public key infrastructure in memory: root, two issuers, signers, timestamp authority, OCSP, CRL."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from sealing.formats.keys import SealingKey, ValidationMaterial

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
DAY = timedelta(days=1)
OCSP_ADDRESS = x509.AccessDescription(
    AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.invalid/")
)
CURVES = {"ec-p256": ec.SECP256R1(), "ec-p384": ec.SECP384R1()}


def new_key(algorithm: str) -> PrivateKey:
    """A fresh private key of one of the engine's algorithms."""
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    return rsa.generate_private_key(65537, int(algorithm.removeprefix("rsa-")))


def der(certificate: x509.Certificate) -> bytes:
    """The certificate's DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


def sign(key: PrivateKey, message: bytes, digest_algorithm: str = "sha256") -> bytes:
    """The raw signature over a message."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), HASHES[digest_algorithm])
    return key.sign(message, ec.ECDSA(HASHES[digest_algorithm]))


@dataclass(frozen=True)
class Entity:
    """A certificate with its key."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate's DER."""
        return der(self.certificate)


def issue(
    name: str,
    *,
    issuer: Entity | None,
    now: datetime,
    algorithm: str = "ec-p256",
    authority: bool = False,
    usage: x509.ObjectIdentifier | None = None,
    no_check: bool = False,
    key: PrivateKey | None = None,
    lifetime: timedelta = 365 * DAY,
) -> Entity:
    """Issue a certificate; without an issuer it signs itself."""
    key = key or new_key(algorithm)
    signer = issuer.key if issuer else key
    public_key = key.public_key()
    return Entity(key, _certificate(name, public_key, issuer, signer, now, authority, usage, no_check, lifetime))


def certify(name: str, public_key: PublicKey, *, issuer: Entity, now: datetime) -> bytes:
    """A seal certificate (DER) for a key that lives elsewhere, as in an HSM."""
    return der(_certificate(name, public_key, issuer, issuer.key, now, False, None, False, 365 * DAY))


def _certificate(
    name: str,
    public_key: PublicKey,
    issuer: Entity | None,
    signer: PrivateKey,
    now: datetime,
    authority: bool,
    usage: x509.ObjectIdentifier | None,
    no_check: bool,
    lifetime: timedelta,
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "LT"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Throw-away"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * DAY)
        .not_valid_after(now - 30 * DAY + lifetime)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_key_usage(authority, content_commitment=usage is None), critical=True)
    )
    if issuer and not authority and not no_check:
        builder = builder.add_extension(x509.AuthorityInformationAccess([OCSP_ADDRESS]), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    if no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _key_usage(authority: bool, content_commitment: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority and content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class Pki:
    """root -> seal issuer -> signers; root -> time issuer -> timestamp authority; a responder for each issuer."""

    now: datetime
    root: Entity
    seal_issuer: Entity
    time_issuer: Entity
    seal_responder: Entity
    time_responder: Entity
    authority: Entity
    signers: dict[str, Entity] = field(default_factory=dict)
    tokens: int = 0

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """The only trusted root."""
        return (self.root.der,)

    def signer(self, algorithm: str = "rsa-2048") -> Entity:
        """A seal certificate with a key of that algorithm, made once."""
        if algorithm not in self.signers:
            self.signers[algorithm] = issue(
                f"Seal {algorithm}", issuer=self.seal_issuer, now=self.now, algorithm=algorithm
            )
        return self.signers[algorithm]

    def sealing_key(self, algorithm: str = "rsa-2048", digest_algorithm: str = "sha256") -> SealingKey:
        """The key as the engine wants it."""
        key = self.signer(algorithm).key
        return SealingKey(
            self.signer(algorithm).der,
            (self.seal_issuer.der,),
            algorithm,
            lambda message: sign(key, message, digest_algorithm),
            digest_algorithm,
        )

    def material(self, algorithm: str = "rsa-2048", at: datetime | None = None) -> ValidationMaterial:
        """Everything B-LT needs: OCSP for the end entities, a CRL of the root for the issuers."""
        moment = at or self.now
        return ValidationMaterial(
            certificates=tuple(
                entity.der
                for entity in (
                    self.signer(algorithm),
                    self.seal_issuer,
                    self.time_issuer,
                    self.authority,
                    self.seal_responder,
                    self.time_responder,
                    self.root,
                )
            ),
            ocsps=(
                answer(self.signer(algorithm), self.seal_issuer, self.seal_responder, moment),
                answer(self.authority, self.time_issuer, self.time_responder, moment),
            ),
            crls=(revocation_list(self.root, moment),),
        )

    def timestamp(self, imprint: bytes, at: datetime | None = None) -> bytes:
        """An RFC 3161 token over a SHA-256 imprint."""
        self.tokens += 1
        return timestamp_token(self.authority, imprint, at or self.now)


def build_pki(now: datetime | None = None) -> Pki:
    """A fresh infrastructure, valid around `now` (default: the present, because validators use the real clock)."""
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    root = issue("Root", issuer=None, now=moment, authority=True, lifetime=7300 * DAY)
    seal_issuer = issue("Seal issuer", issuer=root, now=moment, authority=True, lifetime=3650 * DAY)
    time_issuer = issue("Time issuer", issuer=root, now=moment, authority=True, lifetime=3650 * DAY)
    responder = ExtendedKeyUsageOID.OCSP_SIGNING
    return Pki(
        now=moment,
        root=root,
        seal_issuer=seal_issuer,
        time_issuer=time_issuer,
        seal_responder=issue("Seal responder", issuer=seal_issuer, now=moment, usage=responder, no_check=True),
        time_responder=issue("Time responder", issuer=time_issuer, now=moment, usage=responder, no_check=True),
        authority=issue(
            "Time authority",
            issuer=time_issuer,
            now=moment,
            usage=ExtendedKeyUsageOID.TIME_STAMPING,
            algorithm="rsa-2048",
            lifetime=1825 * DAY,
        ),
    )


def answer(
    subject: Entity | bytes,
    issuer: Entity,
    responder: Entity,
    at: datetime,
    *,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    next_update: datetime | None = None,
) -> bytes:
    """An OCSP response about one certificate."""
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(subject) if isinstance(subject, bytes) else subject.certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=at - timedelta(minutes=1),
        next_update=next_update or at + 7 * DAY,
        revocation_time=at - DAY if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    response = builder.certificates([responder.certificate]).sign(responder.key, hashes.SHA256())
    return response.public_bytes(serialization.Encoding.DER)


def revocation_list(issuer: Entity, at: datetime, revoked: tuple[Entity, ...] = ()) -> bytes:
    """A complete CRL."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at - timedelta(minutes=1))
        .next_update(at + 30 * DAY)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    for entity in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(entity.certificate.serial_number)
            .revocation_date(at - DAY)
            .build()
        )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


Tamper = Callable[[cms.CMSAttributes], None]


def timestamp_token(
    authority: Entity, imprint: bytes, at: datetime, padding_size: int = 0, nonce: int | None = None
) -> bytes:
    """A token signed by an authority; `padding_size` makes it larger by an ignored attribute."""
    info = tsp.TSTInfo(
        {
            "version": 1,
            "policy": "1.2.3.4.5",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
            "serial_number": int.from_bytes(os.urandom(8), "big"),
            "gen_time": at,
        }
    )
    if nonce is not None:
        info["nonce"] = nonce
    content = info.dump()
    certificate = asn1_x509.Certificate.load(authority.der)
    identifier = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(authority.der).digest()})
    values: list[tuple[str, object]] = [
        ("content_type", "tst_info"),
        ("message_digest", hashlib.sha256(content).digest()),
        ("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identifier]})),
    ]
    attributes = [cms.CMSAttribute({"type": kind, "values": (value,)}) for kind, value in values]
    if padding_size:
        filler = core.OctetString(bytes(padding_size))
        attributes.append(cms.CMSAttribute({"type": "1.2.3.4", "values": [filler]}))
    signed_attributes = cms.CMSAttributes(attributes)
    rsa_key = isinstance(authority.key, rsa.RSAPrivateKey)
    signer_info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                    )
                }
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": signed_attributes,
            "signature_algorithm": {"algorithm": "sha256_rsa" if rsa_key else "sha256_ecdsa"},
            "signature": sign(authority.key, signed_attributes.dump()),
        }
    )
    signed_data = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "certificates": [certificate],
            "signer_infos": [signer_info],
        }
    )
    token: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()
    return token
