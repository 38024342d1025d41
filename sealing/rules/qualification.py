"""Is what a verification found qualified (clause A5)? The trusted lists' answer, and when they are not asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from trust.rules.trusted_lists import Kind, QualifiedStatus


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation; whoever shows it translates it."""
    return text


Status = Literal["qualified", "not_qualified", "unknown"]
STATUSES: tuple[Status, ...] = ("qualified", "not_qualified", "unknown")
BY_THE_LIST = "trusted_list"
# About so many certificates of one file the lists are asked; each question costs some milliseconds.
MOST_QUESTIONS = 40

REASONS: dict[str, str] = {
    "no_lists": gettext_noop("No trusted list is set up here, so this says nothing about qualified or not."),
    "not_passed": gettext_noop("What did not pass the verification is not qualified."),
    "undecided": gettext_noop("Trusted lists are asked only about what passed the verification."),
    "test": gettext_noop("It rests on a TEST certificate or TEST timestamp, which is never qualified."),
    "too_many": gettext_noop("Trusted lists are asked about the first signatures of a file only, and it has more."),
    "no_secure_device": gettext_noop(
        "The certificate is qualified, but its key is not in a qualified device, as qualified seals and signatures"
        " need."
    ),
    "device_unknown": gettext_noop(
        "The certificate is qualified, but whether its key is in a qualified device is not known."
    ),
}


@dataclass(frozen=True, slots=True)
class Qualification:
    """Whether a seal, signature or timestamp is a qualified one.

    "unknown" says nothing. `code` is a key of `REASONS`, or `BY_THE_LIST` with the lists' `answer`, in the language
    that was active, about the certificate at the moment `as_of`. `kind` is what it was asked to be.
    """

    status: Status
    code: str
    kind: Kind
    as_of: datetime | None = None
    answer: QualifiedStatus | None = None


def kinds_to_ask(*, kind: str, purpose: str) -> tuple[Kind, ...]:
    """As what a certificate may be qualified, likeliest first: lists may say otherwise than its own `purpose`.

    `kind` is "timestamp", or anything else for what has a signer.
    """
    if kind == "timestamp":
        return ("timestamp",)
    return ("seal", "signature") if purpose == "seal" else ("signature", "seal")


def unasked(indication: str, kind: Kind, *, test: bool, lists_kept: bool) -> Qualification | None:
    """The answer that needs no list; None when the lists must be asked. `indication` is one of EN 319 102-1."""
    if indication == "TOTAL-FAILED":
        return Qualification("not_qualified", "not_passed", kind)
    if not lists_kept:
        return Qualification("unknown", "no_lists", kind)
    if indication != "TOTAL-PASSED":
        return Qualification("unknown", "undecided", kind)
    return Qualification("not_qualified", "test", kind) if test else None


def by_the_lists(answer: QualifiedStatus, kind: Kind, *, as_of: datetime) -> Qualification:
    """What a certificate's status makes of a seal, signature or timestamp that passed the verification.

    A seal or signature is qualified only by a key in a qualified device (Regulation (EU) 910/2014, article 3(12) and
    3(27)).
    """
    if not answer.known:
        return Qualification("unknown", BY_THE_LIST, kind, as_of, answer)
    if not answer.qualified:
        return Qualification("not_qualified", BY_THE_LIST, kind, as_of, answer)
    if kind != "timestamp" and answer.qscd is None:
        return Qualification("unknown", "device_unknown", kind, as_of, answer)
    if kind != "timestamp" and not answer.qscd:
        return Qualification("not_qualified", "no_secure_device", kind, as_of, answer)
    return Qualification("qualified", BY_THE_LIST, kind, as_of, answer)


def best_of(found: Sequence[Qualification]) -> Qualification:
    """Of the answers for each kind: where the certificate is qualified at all, else the likeliest kind's."""
    return next((each for each in found if each.answer is not None and each.answer.qualified), found[0])
