"""The same B-LT seal by pyHanko's own signer, as its documentation shows it, with everything cached that can be.

It gets the same HSM session, the same authority and the same revocation data, and fetches nothing.
"""

import io
from collections.abc import Callable
from pathlib import Path

from asn1crypto import algos, cms, tsp, x509
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from sealing.formats.keys import SealingKey, ValidationMaterial


class HsmSigner(Signer):
    """pyHanko's interface over our key."""

    def __init__(self, key: SealingKey) -> None:
        self._key = key
        registry = SimpleCertificateStore()
        registry.register_multiple([x509.Certificate.load(der) for der in key.chain])
        super().__init__(
            signing_cert=x509.Certificate.load(key.certificate),
            cert_registry=registry,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
            embed_roots=False,
        )

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return bytes(256) if dry_run else self._key.sign(data)


class SocketTimeStamper(TimeStamper):
    """pyHanko's interface over our authority."""

    def __init__(self, timestamp: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._timestamp = timestamp

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        return cms.ContentInfo.load(self._timestamp(message_digest))

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        raise AssertionError("tokens come from async_timestamp")


async def seal_with_pyhanko(
    source: Path,
    key: SealingKey,
    timestamp: Callable[[bytes], bytes],
    material: ValidationMaterial,
    anchors: tuple[bytes, ...],
) -> bytes:
    """The sealed file, made in memory."""
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(der) for der in anchors],
        other_certs=[x509.Certificate.load(der) for der in material.certificates],
        ocsps=[OCSPResponse.load(der) for der in material.ocsps],
        crls=[CertificateList.load(der) for der in material.crls],
        allow_fetching=False,
        revocation_mode="require",
    )
    metadata = PdfSignatureMetadata(
        field_name="Seal1",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=True,
        validation_context=context,
        certify=True,
    )
    signer = PdfSigner(metadata, HsmSigner(key), timestamper=SocketTimeStamper(timestamp))
    out = io.BytesIO()
    with source.open("rb") as stream:
        await signer.async_sign_pdf(IncrementalPdfFileWriter(stream), output=out)
    return out.getvalue()
