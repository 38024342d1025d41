"""What the trusted lists that are kept here say of each signature of a verified file. Nobody is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from sealing.formats.verification.findings import SignatureFinding, TimestampFinding, Verification
from sealing.formats.verification.words import ANSWERS
from sealing.rules.qualification import (
    MOST_QUESTIONS,
    Qualification,
    best_of,
    by_the_lists,
    kinds_to_ask,
    unasked,
)
from trust.queries.qualified import qualified_status
from trust.rules.trusted_lists import Kind

_Question = tuple[bytes, datetime, tuple[Kind, ...]]


@dataclass(frozen=True, slots=True)
class Qualified:
    """Of one signature, and of the timestamp over it if there is one."""

    signature: Qualification
    timestamp: Qualification | None


def qualifications(found: Verification, *, now: datetime) -> tuple[Qualified, ...]:
    """For each signature of the file in its order, judged at its best proven time, else `now`."""
    lists = _Lists(now)
    return tuple(Qualified(lists.of_signature(each), lists.of_timestamp(each.timestamp)) for each in found.signatures)


@dataclass
class _Lists:
    """The lists, asked once about each certificate and moment of a file."""

    now: datetime
    answered: dict[_Question, Qualification] = field(default_factory=dict)

    def of_signature(self, found: SignatureFinding) -> Qualification:
        kinds = kinds_to_ask(kind=found.kind, purpose=found.signer.purpose if found.signer else "")
        return self._of(found, kinds, found.proven_at or self.now)

    def of_timestamp(self, found: TimestampFinding | None) -> Qualification | None:
        return None if found is None else self._of(found, ("timestamp",), found.at)

    def _of(self, found: SignatureFinding | TimestampFinding, kinds: tuple[Kind, ...], at: datetime) -> Qualification:
        indication = ANSWERS[found.code].indication
        kept = bool(settings.TRUSTED_LISTS_URL)
        if (known := unasked(indication, kinds[0], test=found.test, lists_kept=kept)) is not None:
            return known
        question = (found.certificate, at, kinds)
        if question not in self.answered:
            if len(self.answered) == MOST_QUESTIONS:
                return Qualification("unknown", "too_many", kinds[0])
            self.answered[question] = self._asked(question, found.issuers)
        return self.answered[question]

    def _asked(self, question: _Question, issuers: Sequence[bytes]) -> Qualification:
        certificate, at, kinds = question
        answers: list[Qualification] = []
        for kind in kinds:
            status = qualified_status(certificate=certificate, chain=issuers, kind=kind, at=at, now=self.now)
            answers.append(by_the_lists(status, kind, as_of=at))
            if status.qualified or not status.known:
                break
        return best_of(answers)
