"""The XAdES signatures of one document in a container, each with its countersignatures."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Self

from .certificates import holder_of
from .cms import CLUMSY, Flawed, check_token, digest_of, read_token
from .findings import SignatureFinding, blank_finding
from .judging import Case, Stamp, Subject, conclude, stand_by
from .markup import at_most_one, canonical, children, identified, inside, is_named, parse, value
from .parts import Parts
from .words import worst
from .xades import (
    StrangersXades,
    archive_digest,
    check_mathematics,
    check_strength,
    is_time_marked,
    read_xades,
)
from .xml_signatures import METHODS

MOST_SIGNATURES: Final = 100
DEEPEST_COUNTERSIGNATURE: Final = 3


@dataclass(frozen=True)
class XadesDocument:
    """A signature document: its part's name, the signatures that can be read, and the flaws of the others."""

    name: str
    signatures: tuple[StrangersXades, ...]
    flaws: tuple[str, ...]

    @classmethod
    def read(cls, name: str, parts: Parts) -> Self:
        """Read a part; nothing is raised."""
        signatures: list[StrangersXades] = []
        flaws: list[str] = []
        try:
            root = parse(parts.content(name))
            known = identified(root)
            found = [root] if is_named(root, "ds:Signature") else children(root, "ds:Signature")
            counter = [each for holder in inside(root, "xades:CounterSignature") for each in holder]
            if len(found) + len(counter) < len(list(inside(root, "ds:Signature"))):
                raise Flawed("malformed_signature")  # a signature where none may be is one that was wrapped
            if len(found) + len(counter) > MOST_SIGNATURES:
                raise Flawed("too_complex")
        except Flawed as flawed:
            return cls(name, (), (flawed.code,))
        for each in found:
            try:
                signatures.append(read_xades(each, known))
            except Flawed as flawed:
                flaws.append(flawed.code)
            except CLUMSY:
                flaws.append("malformed_signature")
        return cls(name, tuple(signatures), tuple(flaws))


def judge_xades(document: XadesDocument, parts: Parts, case: Case) -> Iterator[SignatureFinding]:
    """A finding for every signature and countersignature of the document."""
    for code in document.flaws:
        yield replace(blank_finding(document.name, "signature", "XAdES"), code=code)
    for signature in document.signatures:
        blank = blank_finding(document.name, "signature", "XAdES")
        yield _judged(signature, blank, parts, case)
        yield from _countersignatures(signature, document.name, parts, case, DEEPEST_COUNTERSIGNATURE)


def _judged(signature: StrangersXades, blank: SignatureFinding, parts: Parts, case: Case) -> SignatureFinding:
    try:
        found = _described(signature, blank)
        try:
            covers = check_mathematics(signature, parts)
        except Flawed as flawed:
            return replace(found, code=flawed.code)
        found = replace(found, covers=covers)
        try:
            return _concluded(signature, found, parts, case)
        except Flawed as flawed:
            return replace(found, code=flawed.code)
    except CLUMSY:
        return replace(blank, code="malformed_signature")


def _described(signature: StrangersXades, blank: SignatureFinding) -> SignatureFinding:
    method = METHODS.get(signature.method)
    first = signature.references[0]
    return replace(
        blank,
        signer=holder_of(signature.certificate),
        claimed_at=signature.signing_time,
        digest_algorithm=first.algorithm,
        signature_algorithm=f"{method.digest}_{method.scheme}" if method else "",
        signed_digest=first.digest.hex(),
        signature_value=value(signature.value),
        certificate=signature.certificate,
        notes=("policy",) if signature.policy else (),
    )


def _concluded(signature: StrangersXades, found: SignatureFinding, parts: Parts, case: Case) -> SignatureFinding:
    found, case = _archived(signature, found, parts, case)
    marked = is_time_marked(signature)
    subject = Subject(
        certificate=signature.certificate,
        material=signature.material,
        stamps=tuple(
            Stamp(token, partial(_digest_of_value, signature, holder))
            for holder, token in signature.stamps("xades:SignatureTimeStamp")
        ),
        check_strength=partial(check_strength, signature),
        flaw="time_mark" if marked else "",
    )
    return conclude(case, found, subject)


def _digest_of_value(signature: StrangersXades, holder: object, algorithm: str) -> bytes:
    return digest_of(algorithm, canonical(signature.value, at_most_one(holder, "ds:CanonicalizationMethod")))


def _archived(
    signature: StrangersXades, found: SignatureFinding, parts: Parts, case: Case
) -> tuple[SignatureFinding, Case]:
    """The case by the archive timestamps, the newest first; one that does not hold proves nothing."""
    for holder, der in reversed(signature.stamps("xades141:ArchiveTimeStamp")):
        try:
            token = read_token(der)
            check_token(token, partial(archive_digest, signature, holder, parts))
            case = replace(case, archived=True)
            standing = stand_by(case, token, signature.material)
            case = case.proven(token.at, test=standing.test)
        except Flawed as flawed:
            if flawed.code in {"changed_content", "malformed_signature", "wrong_signature_value"}:
                found = replace(found, notes=tuple(dict.fromkeys((*found.notes, "broken_archive_timestamp"))))
    if signature.stamps("xades:ArchiveTimeStamp"):
        found = replace(found, notes=(*found.notes, "old_archive_timestamp"))
    return found, case


def _countersignatures(
    over: StrangersXades, name: str, parts: Parts, case: Case, depth: int
) -> Iterator[SignatureFinding]:
    """Signatures over this signature's value, which say nothing about files."""
    for element in [
        each
        for holder in over.unsigned
        if is_named(holder, "xades:CounterSignature")
        for each in children(holder, "ds:Signature")
    ]:
        blank = blank_finding(name, "countersignature", "XAdES")
        try:
            if not depth:
                raise Flawed("too_complex")
            signature = read_xades(element, over.identified)
        except Flawed as flawed:
            yield replace(blank, code=flawed.code)
            continue
        except CLUMSY:
            yield replace(blank, code="malformed_signature")
            continue
        found = replace(_judged(signature, blank, parts, case), covers=())
        identifier = over.value.get("Id")
        if not identifier or all(each.uri != f"#{identifier}" for each in signature.references):
            found = replace(found, code=worst([found.code, "malformed_signature"]))
        yield found
        yield from _countersignatures(signature, name, parts, case, depth - 1)
