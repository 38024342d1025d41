"""What a verification finds, as values that also travel out of the sandbox."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from .certificates import Holder

LONGEST_NAME: Final = 300


@dataclass(frozen=True)
class TimestampFinding:
    """A timestamp over a signature: `code` tells whether it proves its time (`at`, UTC); its `certificate` is DER, and
    so are its `issuers` up to the anchor, when it passed."""

    code: str
    at: datetime
    serial: str
    authority: Holder
    test: bool
    certificate: bytes
    issuers: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class SignatureFinding:
    """What is true about one signature or document timestamp.

    `kind` is "signature", "countersignature" or "timestamp"; `format` "PAdES", "PKCS7", "XAdES", "CAdES" or "RFC3161";
    `level` the highest of B-B, B-T, B-LT and B-LTA whose parts are there and intact. `field_name` is where it lies: a
    form field, or a part of a container. `proven_at` is when it existed at the latest, by a trusted timestamp;
    `claimed_at` is what the signer wrote. `changes` is a key of `words.CHANGES`, `notes` are keys of `words.NOTES`.
    `path` are subjects from the signer up to the anchor, `issuers` the certificates (DER) above the signer's; `covers`
    the files of a container that it is over.
    """

    field_name: str
    kind: str
    format: str
    level: str
    code: str
    test: bool
    signer: Holder | None
    claimed_at: datetime | None
    proven_at: datetime | None
    timestamp: TimestampFinding | None
    covers_everything: bool
    signed_size: int
    changes: str
    permits: int | None
    digest_algorithm: str
    signature_algorithm: str
    signed_digest: str
    signature_value: bytes
    certificate: bytes
    path: tuple[str, ...]
    issuers: tuple[bytes, ...] = ()
    covers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def blank_finding(name: str, kind: str, form: str) -> SignatureFinding:
    """Nothing but where a signature is and what it claims to be."""
    return SignatureFinding(
        field_name=name[:LONGEST_NAME],
        kind=kind,
        format=form,
        level="",
        code="",
        test=False,
        signer=None,
        claimed_at=None,
        proven_at=None,
        timestamp=None,
        covers_everything=False,
        signed_size=0,
        changes="unknown",
        permits=None,
        digest_algorithm="",
        signature_algorithm="",
        signed_digest="",
        signature_value=b"",
        certificate=b"",
        path=(),
    )


@dataclass(frozen=True)
class FileFinding:
    """A file in a container: size in bytes, and whether an intact signature or timestamp is over it."""

    name: str
    size: int
    covered: bool


@dataclass(frozen=True)
class Verification:
    """The answer about a file: `code` decides, signatures are listed from the oldest to the newest.

    `form` is "PDF", "ASiC-E", "ASiC-S", "CMS", or empty when it was not recognised; `warnings` are keys of
    `facts.WARNINGS` and `words.CONTAINER_WARNINGS`.
    """

    code: str
    test: bool
    size: int
    sha256: str
    revisions: int
    warnings: tuple[str, ...]
    signatures: tuple[SignatureFinding, ...]
    form: str = ""
    files: tuple[FileFinding, ...] = ()


def unjudged(code: str, *, form: str = "") -> Verification:
    """The answer when no signature could be looked at."""
    return Verification(code, False, 0, "", 0, (), (), form)


def to_message(found: Verification) -> dict[str, Any]:
    """The findings as JSON values and bytes; times are ISO 8601."""
    message: dict[str, Any] = _without_times(asdict(found))
    return message


def _without_times(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_times(each) for key, each in value.items()}
        case list() | tuple():
            return [_without_times(each) for each in value]
        case datetime():
            return value.isoformat()
    return value


def from_message(message: dict[str, Any]) -> Verification:
    """Rebuild findings that crossed a process border; raises KeyError, TypeError or ValueError for anything else."""
    signatures = tuple(_signature(each) for each in message["signatures"])
    files = tuple(FileFinding(**each) for each in message["files"])
    return Verification(**message | {"warnings": tuple(message["warnings"]), "signatures": signatures, "files": files})


def _signature(values: dict[str, Any]) -> SignatureFinding:
    return SignatureFinding(
        **values
        | {name: _time(values[name]) for name in ("claimed_at", "proven_at")}
        | {
            "signer": _holder(values["signer"]) if values["signer"] else None,
            "timestamp": _timestamp(values["timestamp"]) if values["timestamp"] else None,
        }
        | {name: tuple(values[name]) for name in ("path", "issuers", "covers", "notes")}
    )


def _timestamp(values: dict[str, Any]) -> TimestampFinding:
    read = {"at": _time(values["at"]), "authority": _holder(values["authority"]), "issuers": tuple(values["issuers"])}
    return TimestampFinding(**values | read)


def _holder(values: dict[str, Any]) -> Holder:
    return Holder(**values | {name: _time(values[name]) for name in ("not_before", "not_after")})


def _time(text: str | None) -> Any:
    return datetime.fromisoformat(text) if text else None
