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
        INDETERMINATE,
        "FORMAT_FAILURE",
        gettext_noop(
            "The format was not recognised. PDF files, ASiC containers (.asice, .asics, .bdoc, .edoc) and CMS"
            " signatures (.p7s, .p7m) can be verified here."
        ),
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
        INDETERMINATE, "FORMAT_FAILURE", gettext_noop("This kind of signature is not one that can be judged here.")
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
    "ambiguous_container": Answer(
        INDETERMINATE,
        "FORMAT_FAILURE",
        gettext_noop("The container is built so that two programs may find different files in it."),
    ),
    "unsafe_name": Answer(
        INDETERMINATE,
        "FORMAT_FAILURE",
        gettext_noop("A file in the container has a name that could harm or deceive whoever unpacks it."),
    ),
    "container_not_supported": Answer(
        INDETERMINATE,
        "FORMAT_FAILURE",
        gettext_noop("The container is compressed or split in a way that signed containers must not be."),
    ),
    "damaged_part": Answer(
        INDETERMINATE, "FORMAT_FAILURE", gettext_noop("A file in the container is damaged and cannot be unpacked.")
    ),
    "ddoc": Answer(
        INDETERMINATE,
        "FORMAT_FAILURE",
        gettext_noop("DDOC files rest on algorithms that prove nothing any more. They are not judged here."),
    ),
    "evidence_record": Answer(
        INDETERMINATE,
        "FORMAT_FAILURE",
        gettext_noop("The container is protected by an evidence record only, which is not judged here."),
    ),
    "signed_file_missing": Answer(
        INDETERMINATE,
        "SIGNED_DATA_NOT_FOUND",
        gettext_noop("A file that was signed is not there, or it cannot be told which one is meant."),
    ),
    "outside_reference": Answer(
        INDETERMINATE,
        "SIGNED_DATA_NOT_FOUND",
        gettext_noop("The signature is about something on the internet, which is never fetched."),
    ),
    "document_needed": Answer(
        INDETERMINATE,
        "SIGNED_DATA_NOT_FOUND",
        gettext_noop(
            "The signature lies apart from its document. Add the document, or its digest by the signature's algorithm."
        ),
    ),
    "unsupported_transform": Answer(
        INDETERMINATE,
        "SIG_CONSTRAINTS_FAILURE",
        gettext_noop("What was signed is a transformed version of the content, which people may not see as it is."),
    ),
    "properties_not_signed": Answer(
        INDETERMINATE,
        "SIG_CONSTRAINTS_FAILURE",
        gettext_noop("The signature does not protect the statement whose certificate made it."),
    ),
    "time_mark": Answer(
        INDETERMINATE,
        "NO_POE",
        gettext_noop(
            "An answer about the certificate stands for a timestamp (BDOC with a time mark). Only timestamps prove a"
            " time here."
        ),
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
    "whole": gettext_noop("Every file in the container is covered, and none was changed."),
    "part": gettext_noop("Some files in the container are not covered by this signature."),
    "document": gettext_noop("The document is exactly the one that was signed."),
}
"""What happened to the file after a signature."""

CONTAINER_WARNINGS: Final[dict[str, str]] = {
    "uncovered_files": gettext_noop("There are files in the container that no intact signature covers."),
    "mimetype_missing": gettext_noop("The container does not say what it is: it has no mimetype."),
    "mimetype_misplaced": gettext_noop("The container's mimetype is not its first, uncompressed part."),
    "mimetype_wrong": gettext_noop("The container's mimetype is not one of a container for signatures."),
    "evidence_records": gettext_noop("The container has an evidence record, which was not judged."),
}
"""What is odd about a container, beside its signatures."""

NOTES: Final[dict[str, str]] = {
    "policy": gettext_noop("The signer refers to a signature policy, which was not read."),
    "countersigned": gettext_noop("There is a countersignature, which was not judged."),
    "broken_archive_timestamp": gettext_noop("An archive timestamp does not fit the signature and proves nothing."),
    "old_archive_timestamp": gettext_noop("There is an archive timestamp of an old kind, which was not judged."),
}
"""What was noticed about a signature and does not decide."""


def worst(codes: list[str]) -> str:
    """The code that decides about a file; `no_signature` when there is none."""
    ranked = sorted(codes, key=lambda code: INDICATIONS.index(ANSWERS[code].indication))
    return ranked[0] if ranked else "no_signature"
