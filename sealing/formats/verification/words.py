"""Every answer a verification can give: one code, its indication by ETSI EN 319 102-1, and a sentence for people."""

from dataclasses import dataclass
from typing import Final

from sealing.formats.errors import gettext_noop

PASSED: Final = "TOTAL-PASSED"
INDETERMINATE: Final = "INDETERMINATE"
FAILED: Final = "TOTAL-FAILED"
INDICATIONS: Final = (FAILED, INDETERMINATE, PASSED)
"""From the worst to the best: a file is worth what its worst signature is worth."""


@dataclass(frozen=True)
class Answer:
    """Indication and sub-indication (EN 319 102-1, 5.1.3; empty when passed), and an English source sentence."""

    indication: str
    sub_indication: str
    sentence: str


ANSWERS: Final[dict[str, Answer]] = {
    "passed": Answer(
        PASSED,
        "",
        gettext_noop("Nothing that was signed has changed, and the signer's certificate was valid and trusted."),
    ),
    "changed_content": Answer(
        FAILED, "HASH_FAILURE", gettext_noop("What was signed has been changed since: the digests differ.")
    ),
    "wrong_signature_value": Answer(
        FAILED, "SIG_CRYPTO_FAILURE", gettext_noop("The signature was not made with the key of its certificate.")
    ),
    "wrong_byte_range": Answer(
        FAILED,
        "FORMAT_FAILURE",
        gettext_noop("The signature does not cover the file as it must: parts were left out, moved or wrapped."),
    ),
    "changed_afterwards": Answer(
        FAILED,
        "FORMAT_FAILURE",
        gettext_noop("The document was changed after it was signed, in a way that a signature does not allow."),
    ),
    "not_yet_valid": Answer(
        FAILED, "NOT_YET_VALID", gettext_noop("The signature is older than the certificate it claims to be made with.")
    ),
    "no_signature": Answer(INDETERMINATE, "NO_SIGNATURE_FOUND", gettext_noop("The file carries no signature or seal.")),
    "format_not_supported": Answer(
        INDETERMINATE, "FORMAT_FAILURE", gettext_noop("The format was not recognised. PDF files can be verified here.")
    ),
    "unreadable": Answer(
        INDETERMINATE, "FORMAT_FAILURE", gettext_noop("The file is damaged, so that its signatures cannot be judged.")
    ),
    "encrypted": Answer(
        INDETERMINATE, "FORMAT_FAILURE", gettext_noop("The file is encrypted, so that its signatures cannot be judged.")
    ),
    "too_complex": Answer(
        INDETERMINATE,
        "FORMAT_FAILURE",
        gettext_noop("Judging the file would take more time or memory than is allowed."),
    ),
    "malformed_signature": Answer(
        INDETERMINATE, "FORMAT_FAILURE", gettext_noop("The signature is not written as its format asks.")
    ),
    "changes_unclear": Answer(
        INDETERMINATE,
        "FORMAT_FAILURE",
        gettext_noop("The file was added to after signing, and it cannot be told what that changed."),
    ),
    "unsupported_signature": Answer(
        INDETERMINATE, "FORMAT_FAILURE", gettext_noop("This kind of PDF signature is not one that can be judged here.")
    ),
    "unsupported_algorithm": Answer(
        INDETERMINATE,
        "CRYPTO_CONSTRAINTS_FAILURE",
        gettext_noop("The signature uses an algorithm that is not supported here."),
    ),
    "weak_algorithm": Answer(
        INDETERMINATE,
        "CRYPTO_CONSTRAINTS_FAILURE",
        gettext_noop("The signature uses an algorithm or a key that is too weak to prove anything."),
    ),
    "no_signing_certificate": Answer(
        INDETERMINATE,
        "NO_SIGNING_CERTIFICATE_FOUND",
        gettext_noop("The certificate that the signature names is not in the file."),
    ),
    "untrusted": Answer(
        INDETERMINATE,
        "NO_CERTIFICATE_CHAIN_FOUND",
        gettext_noop("The certificate does not lead to an authority that is trusted here."),
    ),
    "unfit_chain": Answer(
        INDETERMINATE,
        "CHAIN_CONSTRAINTS_FAILURE",
        gettext_noop("The certificate, or one above it, was not meant for this use."),
    ),
    "expired": Answer(
        INDETERMINATE,
        "OUT_OF_BOUNDS_NO_POE",
        gettext_noop("The certificate has expired, and nothing proves that the signature is older than that."),
    ),
    "revoked": Answer(
        INDETERMINATE,
        "REVOKED_NO_POE",
        gettext_noop("The certificate was revoked, and nothing proves that the signature is older than that."),
    ),
    "issuer_revoked": Answer(
        INDETERMINATE,
        "REVOKED_CA_NO_POE",
        gettext_noop("The certificate of an authority above the signer was revoked."),
    ),
    "revocation_unknown": Answer(
        INDETERMINATE,
        "TRY_LATER",
        gettext_noop(
            "The file does not carry the proof that its certificates were not revoked, and nothing is asked elsewhere."
        ),
    ),
    "broken_timestamp": Answer(
        INDETERMINATE,
        "SIG_CONSTRAINTS_FAILURE",
        gettext_noop("The timestamp of the signature is broken, or belongs to something else."),
    ),
}
"""By code. Codes are stable; sentences may change."""

REFUSED: Final[dict[str, str]] = {
    "not_a_pdf": "format_not_supported",
    "encrypted_pdf": "encrypted",
    "too_large": "too_complex",
    "too_many_pages": "too_complex",
    "too_many_objects": "too_complex",
    "too_many_revisions": "too_complex",
    "too_complex": "too_complex",
}
"""Codes of `errors.CODES` that reading may end with, as answers; any other is `unreadable`."""

CHANGES: Final[dict[str, str]] = {
    "none": gettext_noop("Nothing was added after this signature."),
    "evidence": gettext_noop("Only timestamps or proof of validity were added after this signature."),
    "form": gettext_noop("Form fields were filled in, or signatures added, after this signature."),
    "annotations": gettext_noop("Comments were added after this signature."),
    "forbidden": gettext_noop("The document was changed after this signature."),
    "unknown": gettext_noop("What was added after this signature cannot be told."),
}
"""What happened to the file after a signature."""


def worst(codes: list[str]) -> str:
    """The code that decides about a file; `no_signature` when there is none."""
    ranked = sorted(codes, key=lambda code: INDICATIONS.index(ANSWERS[code].indication))
    return ranked[0] if ranked else "no_signature"
