"""From a signature whose mathematics hold to a verdict: its time, its level, and whether it is trusted.

The same for every format. Time is worked out backwards: what an archive timestamp covers is judged at its time
(`Case.control`), and a signature at the time of its own timestamp.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Self

from sealing.formats.certificates import load_certificate
from sealing.formats.keys import ValidationMaterial

from .certificates import holder_of
from .cms import Flawed, StrangersCms, StrangersToken, check_strength, check_token, digest_of, read_token
from .findings import SignatureFinding, TimestampFinding
from .trust import Anchors, Standing, check_trust, is_provable, readable

NOTHING: Final = ValidationMaterial()
Digest = Callable[[str], bytes]
"""The digest, by the named algorithm, of what a timestamp must be over; may raise `Flawed`."""


@dataclass(frozen=True)
class Case:
    """What a signature is judged by.

    `control` is when it existed at the latest (UTC), `archived` whether an archive timestamp says so, `test` whether
    one does that is good for tests only. `stored` is the material of the file around it; `lent` comes from the caller:
    it helps to trust, but no level rests on it.
    """

    anchors: Anchors
    now: datetime
    control: datetime
    stored: ValidationMaterial = NOTHING
    lent: ValidationMaterial = NOTHING
    archived: bool = False
    test: bool = False

    def proven(self, at: datetime, *, test: bool) -> Self:
        """The case of something that an archive timestamp of that time covers."""
        return replace(self, control=min(self.control, at), archived=True, test=self.test or test)

    def carried(self, *holders: ValidationMaterial) -> ValidationMaterial:
        """Everything that the file itself has at hand: with the signature, and in its store."""
        return together(*holders, self.stored)

    def at_hand(self, *holders: ValidationMaterial) -> ValidationMaterial:
        """Everything at hand, from wherever."""
        return together(*holders, self.stored, self.lent)


def together(*materials: ValidationMaterial) -> ValidationMaterial:
    """All of it, each piece once; what is no certificate is left out."""
    return ValidationMaterial(
        readable(tuple(der for each in materials for der in each.certificates)),
        tuple(dict.fromkeys(der for each in materials for der in each.ocsps)),
        tuple(dict.fromkeys(der for each in materials for der in each.crls)),
    )


def material_of(signed: StrangersCms) -> ValidationMaterial:
    """What a CMS brings along."""
    return ValidationMaterial((signed.certificate, *signed.certificates), signed.ocsps, signed.crls)


@dataclass(frozen=True)
class Stamp:
    """A timestamp token (DER) of a signature, and what it must be over."""

    token: bytes
    digest: Digest


@dataclass(frozen=True)
class Subject:
    """A signature whose mathematics hold: certificate (DER), what it brings along, its timestamps.

    `flaw` is a code that decides unless trust has a worse one; `check_strength` raises `Flawed`.
    """

    certificate: bytes
    material: ValidationMaterial
    stamps: tuple[Stamp, ...]
    check_strength: Callable[[], None]
    flaw: str = ""


def subject_of(signed: StrangersCms) -> Subject:
    """A CMS signature whose mathematics hold."""
    stamps = tuple(Stamp(token, partial(digest_of, content=signed.signature)) for token in signed.tokens)
    return Subject(signed.certificate, material_of(signed), stamps, partial(check_strength, signed))


def described(blank: SignatureFinding, signed: StrangersCms) -> SignatureFinding:
    """The finding with what a CMS says of itself."""
    return replace(
        blank,
        signer=holder_of(signed.certificate),
        digest_algorithm=signed.digest_algorithm,
        signature_algorithm=signed.signature_algorithm,
        signature_value=signed.signature,
        certificate=signed.certificate,
    )


def conclude(case: Case, found: SignatureFinding, subject: Subject) -> SignatureFinding:
    """The finding with its timestamp, level, proven time and verdict."""
    stamps = [_judged(case, stamp, subject.material) for stamp in subject.stamps]
    best = min(stamps, key=lambda each: (each[0].code != "passed", each[0].code == "broken_timestamp"), default=None)
    at = case.control
    if best is not None and best[0].code == "passed":
        at = min(at, best[0].at)
    found = replace(
        found,
        timestamp=best and best[0],
        level=_level(case, subject, best),
        proven_at=at if at < case.now else None,
    )
    try:
        if subject.flaw:
            raise Flawed(subject.flaw)
        subject.check_strength()
        if found.timestamp is not None and found.timestamp.code == "broken_timestamp":
            raise Flawed("broken_timestamp")
        standing = check_trust(subject.certificate, case.at_hand(subject.material), case.anchors, at)
    except Flawed as flawed:
        return replace(found, code=flawed.code)
    test = standing.test or case.test or (found.timestamp is not None and found.timestamp.test)
    return replace(passed(found, standing), test=test)


def stand_by(case: Case, token: StrangersToken, *holders: ValidationMaterial) -> Standing:
    """The authority of an intact token is trusted, in earnest or for tests; raises `Flawed`."""
    material = case.at_hand(material_of(token.signed), *holders)
    standing = check_trust(token.signed.certificate, material, case.anchors, case.control, timestamp_at=token.at)
    return replace(standing, test=standing.test or case.test)


def passed(found: SignatureFinding, standing: Standing) -> SignatureFinding:
    """The finding of a signature that is trusted so."""
    path = tuple(load_certificate(der).subject.rfc4514_string()[:300] for der in standing.path)
    return replace(found, code="passed", test=standing.test, path=path, issuers=standing.path[1:])


def _judged(case: Case, stamp: Stamp, over: ValidationMaterial) -> tuple[TimestampFinding, StrangersToken]:
    try:
        token = read_token(stamp.token)
    except Flawed as flawed:
        raise Flawed("broken_timestamp") from flawed
    authority = token.signed.certificate
    finding = TimestampFinding("", token.at, token.serial, holder_of(authority), False, authority)
    try:
        check_token(token, stamp.digest)
    except Flawed as flawed:
        weak = flawed.code in ("weak_algorithm", "unsupported_algorithm")
        return replace(finding, code=flawed.code if weak else "broken_timestamp"), token
    try:
        standing = stand_by(case, token, over)
    except Flawed as flawed:
        return replace(finding, code=flawed.code), token
    return replace(finding, code="passed", test=standing.test, issuers=standing.path[1:]), token


def _level(case: Case, subject: Subject, best: tuple[TimestampFinding, StrangersToken] | None) -> str:
    """The baseline level whose parts are all there (ETSI EN 319 142-1, 6.3 and its siblings), whoever is trusted."""
    timed = best is not None and best[0].code != "broken_timestamp"
    if not timed and not case.archived:
        return "B-B"
    at = best[0].at if timed and best else case.control
    if not is_provable(subject.certificate, case.carried(subject.material), at):
        return "B-T"
    if timed and best:
        authority = case.carried(material_of(best[1].signed), subject.material)
        if not is_provable(best[1].signed.certificate, authority, at):
            return "B-T"
    return "B-LTA" if case.archived else "B-LT"
