"""The certificates and revocation data that a CMS signature brings along, in all the places where they may lie.

In the SignedData itself (RFC 5652, RFC 5940; EN 319 122-1 at level B-LT), in the unsigned attributes of older CAdES
(EN 319 122-1, annex A), in the signed attribute of older PDF signatures (ISO 32000-2, 12.8.3.3.2).
"""

from collections.abc import Iterator
from typing import Any, Final

from asn1crypto import cms, core, crl, ocsp, x509

from sealing.formats.keys import ValidationMaterial

_CERTIFICATE_VALUES: Final = "1.2.840.113549.1.9.16.2.23"
_REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
_OCSP_RESPONSE: Final = "ocsp_response"
_BASIC_OCSP: Final = {"1.3.6.1.5.5.7.48.1.1", "basic_ocsp_response"}


class _Certificates(core.SequenceOf):
    _child_spec = x509.Certificate


class _Lists(core.SequenceOf):
    _child_spec = crl.CertificateList


class _Answers(core.SequenceOf):
    _child_spec = ocsp.BasicOCSPResponse


class _RevocationValues(core.Sequence):
    _fields = [
        ("crls", _Lists, {"explicit": 0, "optional": True}),
        ("ocsps", _Answers, {"explicit": 1, "optional": True}),
        ("others", core.Any, {"explicit": 2, "optional": True}),
    ]


def stored_certificates(unsigned: dict[str, list[Any]]) -> Iterator[bytes]:
    """Certificates (DER) of the attribute certificate-values; none when it cannot be read."""
    for values in unsigned.get(_CERTIFICATE_VALUES, []):
        try:
            yield from [each.dump() for each in _Certificates.load(values.dump())]
        except (ValueError, TypeError):
            continue


def stored_revocations(
    signed_data: cms.SignedData, signed: dict[str, list[Any]], unsigned: dict[str, list[Any]]
) -> ValidationMaterial:
    """OCSP responses and CRLs (DER) from everywhere; what cannot be read is left out."""
    ocsps: list[bytes] = []
    crls: list[bytes] = []
    for archive in signed.get("adobe_revocation_info_archival", []):
        ocsps += [each.dump() for each in archive["ocsp"] or ()]
        crls += [each.dump() for each in archive["crl"] or ()]
    for choice in signed_data["crls"] or ():
        if choice.name == "crl":
            crls.append(choice.chosen.dump())
        elif answer := _answer(choice.chosen):
            ocsps.append(answer)
    for values in unsigned.get(_REVOCATION_VALUES, []):
        try:
            found = _RevocationValues.load(values.dump())
            ocsps += [_response(each) for each in found["ocsps"] or ()]
            crls += [each.dump() for each in found["crls"] or ()]
        except (ValueError, TypeError):
            continue
    return ValidationMaterial((), tuple(ocsps), tuple(crls))


def _answer(other: Any) -> bytes | None:
    kind = other["other_rev_info_format"].native
    if kind == _OCSP_RESPONSE:
        answer: bytes = other["other_rev_info"].dump()
        return answer
    if kind in _BASIC_OCSP:
        return _response(ocsp.BasicOCSPResponse.load(other["other_rev_info"].dump()))
    return None


def _response(basic: ocsp.BasicOCSPResponse) -> bytes:
    """An answer without its envelope, put back into one."""
    content = {"response_type": "basic_ocsp_response", "response": core.ParsableOctetString(basic.dump())}
    response: bytes = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": content}).dump()
    return response
