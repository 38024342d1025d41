"""ASiC-E and ASiC-S containers of anybody (ETSI EN 319 162-1), with XAdES, CAdES or timestamps only.

Timestamps are judged first, the newest before the others: what an archive timestamp lists existed at its time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import BinaryIO, Final

from sealing.formats.keys import ValidationMaterial

from .cms import (
    CLUMSY,
    Flawed,
    StrangersCms,
    StrangersToken,
    check_integrity,
    check_strength,
    check_token,
    digest_of,
    read_signers,
)
from .cms import read_token as read_timestamp
from .cms_archive import archived
from .container_xades import XadesDocument, judge_xades
from .findings import FileFinding, SignatureFinding, Verification, blank_finding
from .judging import Case, conclude, described, material_of, passed, stand_by, subject_of, together
from .manifests import Manifest, read_manifests
from .parts import Parts
from .words import worst

MEDIA_TYPES: Final = {
    b"application/vnd.etsi.asic-e+zip": "ASiC-E",
    b"application/vnd.etsi.asic-s+zip": "ASiC-S",
}
MOST_SIGNATURES: Final = 100
_OWN_FOLDER: Final = "META-INF/"


def verify_container(stream: BinaryIO, case: Case) -> Verification:
    """Verify every signature of a container; raises `Flawed` when none can be looked at."""
    parts = Parts.read(stream)
    form, warnings = _form(parts)
    return _Inquiry(parts, case, form, warnings).judge()


def _form(parts: Parts) -> tuple[str, list[str]]:
    """What the container is, by its mimetype or by what lies in it, with warnings about the former (annex A.1)."""
    names = [part.name for part in parts]
    signatures = [name for name in names if _sort(name)]
    if "mimetype" not in parts:
        if not signatures:
            raise Flawed("format_not_supported")
        single = all(name.rpartition("/")[2].rpartition(".")[0] in _SINGLE for name in signatures)
        return ("ASiC-S" if single else "ASiC-E"), ["mimetype_missing"]
    told = parts.content("mimetype")
    form = MEDIA_TYPES.get(told.strip(), "")
    if not form and not signatures:
        raise Flawed("format_not_supported")
    first = next(iter(parts))
    well_placed = first.name == "mimetype" and first.plain
    warnings = [] if well_placed else ["mimetype_misplaced"]
    if told not in MEDIA_TYPES:
        warnings.append("mimetype_wrong")
    return form or "ASiC-E", warnings


_SINGLE: Final = {"signature", "signatures", "timestamp", "evidencerecord"}


def _sort(name: str) -> str:
    """What a part of META-INF is by its name: "xades", "cades", "token", "record", or nothing of a signature."""
    folder, _, plain = name.lower().rpartition("/")
    if folder != "meta-inf":
        return ""
    if "evidencerecord" in plain and "manifest" not in plain:
        return "record"
    if plain.endswith(".p7s"):
        return "cades"
    if plain.endswith(".tst"):
        return "token"
    return "xades" if plain.endswith(".xml") and "signature" in plain and "manifest" not in plain else ""


@dataclass
class _Inquiry:
    """Judges one container; `proven` is the case of each part that timestamps cover that passed."""

    parts: Parts
    case: Case
    form: str
    warnings: list[str]
    proven: dict[str, Case] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)

    def judge(self) -> Verification:
        """The verdict about everything in the container."""
        names = [(part.name, _sort(part.name)) for part in self.parts]
        if sum(kind in {"xades", "cades", "token"} for _, kind in names) > MOST_SIGNATURES:
            raise Flawed("too_complex")
        self.manifests = {each.signature: each for each in read_manifests(self.parts) if each.signature}
        documents = [XadesDocument.read(name, self.parts) for name, kind in names if kind == "xades"]
        tokens = [_loaded(name, self.parts) for name, kind in names if kind == "token"]
        signatures = [_loaded(name, self.parts) for name, kind in names if kind == "cades"]
        self.case = replace(self.case, stored=self._stored(documents, [*tokens, *signatures]))
        findings = [*self._timestamps(tokens)]
        for each in signatures:
            findings[:0] = self._cades(each)
        findings[:0] = [found for each in documents for found in self._xades(each)]
        if len(findings) > MOST_SIGNATURES:
            raise Flawed("too_complex")
        return self._verification(findings, has_records=any(kind == "record" for _, kind in names))

    def _stored(self, documents: list[XadesDocument], loaded: list["_Loaded"]) -> ValidationMaterial:
        return together(
            *(signature.material for each in documents for signature in each.signatures),
            *(material_of(signed) for each in loaded for signed in each.signers),
        )

    def _timestamps(self, loaded: list["_Loaded"]) -> Iterator[SignatureFinding]:
        """The newest timestamp first, so that it can prove how old the others are."""
        for each in sorted(loaded, key=_newest_first):
            blank = blank_finding(each.name, "timestamp", "RFC3161")
            try:
                yield self._timestamp(each, blank)
            except Flawed as flawed:
                yield replace(blank, code=flawed.code, changes=_changes(flawed.code) or blank.changes)
            except CLUMSY:
                yield replace(blank, code="malformed_signature")

    def _timestamp(self, loaded: "_Loaded", blank: SignatureFinding) -> SignatureFinding:
        token = loaded.token()
        found = replace(described(blank, token.signed), claimed_at=token.at)
        case = self._case(loaded.name)
        try:
            over = self._over(loaded.name)
            check_token(token, partial(self.parts.digest, over))
            covers = self._listed(loaded.name, over)
            found = self._covering(found, covers)
            standing = stand_by(case, token)
        except Flawed as flawed:
            return replace(found, code=flawed.code, changes=_changes(flawed.code) or found.changes)
        for name in (over, *covers):
            self.proven[name] = self._case(name).proven(token.at, test=standing.test)
        return replace(passed(found, standing), proven_at=token.at)

    def _cades(self, loaded: "_Loaded") -> Iterator[SignatureFinding]:
        blank = blank_finding(loaded.name, "signature", "CAdES")
        if loaded.flaw:
            yield replace(blank, code=loaded.flaw)
        for signed in loaded.signers:
            try:
                yield self._signature(loaded.name, signed, described(blank, signed))
            except CLUMSY:
                yield replace(blank, code="malformed_signature")

    def _signature(self, name: str, signed: StrangersCms, found: SignatureFinding) -> SignatureFinding:
        found = replace(found, claimed_at=signed.signing_time, notes=signed.notes)
        try:
            over = self._over(name)
            digest = self.parts.digest(over, signed.digest_algorithm)
            if signed.encloses and digest_of(signed.digest_algorithm, signed.content) != digest:
                raise Flawed("changed_content")
            found = replace(found, signed_digest=digest.hex())
            check_integrity(signed, "data", digest)
            found = self._covering(found, self._listed(name, over))
            subject = subject_of(signed)
            if manifest := self.manifests.get(name):
                subject = replace(subject, check_strength=partial(_check_both, signed, manifest))
            case, found = archived(self._case(name), found, signed, partial(self.parts.digest, over))
            return conclude(case, found, subject)
        except Flawed as flawed:
            return replace(found, code=flawed.code, changes=_changes(flawed.code) or found.changes)

    def _xades(self, document: XadesDocument) -> Iterator[SignatureFinding]:
        for found in judge_xades(document, self.parts, self._case(document.name)):
            if changes := _changes(found.code):
                yield replace(found, changes=changes)
            elif found.covers or found.kind == "countersignature":
                yield self._covering(found, found.covers)
            else:
                yield replace(found, code=worst([found.code, "signed_file_missing"]))

    def _case(self, name: str) -> Case:
        """The case of a part that an archive timestamp may list."""
        return self.proven.get(name, self.case)

    def _over(self, name: str) -> str:
        """The part that a signature or timestamp is over: its manifest, or the only file there is (ASiC-S)."""
        if manifest := self.manifests.get(name):
            return manifest.name
        files = self._files()
        if self.form == "ASiC-E" or not files:
            raise Flawed("signed_file_missing")
        if len(files) > 1:
            raise Flawed("ambiguous_container")
        return files[0]

    def _listed(self, name: str, over: str) -> tuple[str, ...]:
        manifest = self.manifests.get(name)
        return manifest.check(self.parts) if manifest else (over,)

    def _files(self) -> list[str]:
        """What people put into the container."""
        return [each.name for each in self.parts if each.name != "mimetype" and not each.name.startswith(_OWN_FOLDER)]

    def _covering(self, found: SignatureFinding, names: tuple[str, ...]) -> SignatureFinding:
        files = self._files()
        covers = tuple(name for name in files if name in names)
        everything = bool(files) and len(covers) == len(files)
        return replace(found, covers=covers, covers_everything=everything, changes="whole" if everything else "part")

    def _verification(self, findings: list[SignatureFinding], *, has_records: bool) -> Verification:
        covered = {name for each in findings for name in each.covers}
        files = tuple(
            FileFinding(each.name, each.size, each.name in covered)
            for each in self.parts
            if each.name in set(self._files())
        )
        if has_records:
            self.warnings.append("evidence_records")
        if findings and not all(each.covered for each in files):
            self.warnings.append("uncovered_files")
        code = worst([each.code for each in findings])
        return Verification(
            code="evidence_record" if has_records and not findings else code,
            test=any(each.test for each in findings),
            size=0,
            sha256="",
            revisions=0,
            warnings=tuple(self.warnings),
            signatures=tuple(findings),
            form=self.form,
            files=files,
        )


def _changes(code: str) -> str:
    return {"changed_content": "forbidden", "signed_file_missing": "forbidden"}.get(code, "")


def _check_both(signed: StrangersCms, manifest: Manifest) -> None:
    check_strength(signed)
    manifest.check_strength()


@dataclass(frozen=True)
class _Loaded:
    """A CMS part: its signers, or why it has none."""

    name: str
    content: bytes
    signers: tuple[StrangersCms, ...]
    flaw: str = ""

    def token(self) -> StrangersToken:
        if self.flaw:
            raise Flawed(self.flaw)
        return read_timestamp(self.content)


def _loaded(name: str, parts: Parts) -> _Loaded:
    try:
        content = parts.content(name)
        return _Loaded(name, content, read_signers(content))
    except Flawed as flawed:
        return _Loaded(name, b"", (), flawed.code)
    except CLUMSY:
        return _Loaded(name, b"", (), "malformed_signature")


def _newest_first(loaded: _Loaded) -> float:
    try:
        return -loaded.token().at.timestamp()
    except Flawed:
        return 0.0
