"""What comes of each class of data in an answer to a request (D1), from the catalogue and its retention rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from privacy.catalogue import PURPOSE, RULE, RULES, STORES, TABLES
from privacy.models.rights import KEPT_BECAUSE, RESULTS
from privacy.rules.inventory import Role, Store, Subject, Table
from privacy.rules.rights import KeptBecause, Outcome, RequestKind, Result, outcome_of, usual_result

_WITH_ACCOUNT = {Subject.MEMBER, Subject.CONTACT}
_WITHOUT = {Subject.SIGNER, Subject.REQUESTER, Subject.VISITOR}


@dataclass(frozen=True, slots=True)
class OutcomeWords:
    """One class of data and what came of it, in the reader's language."""

    what: str
    result: Result
    result_words: str
    until: date | None
    because: str


def classes(*, has_account: bool) -> dict[str, Role]:
    """The classes of data that can be about somebody, by the key of their rule, with the operator's role (D9).

    A class in which anything is customers' own is theirs to answer for: their documents, and the settings around them.
    """
    about = _WITH_ACCOUNT | _WITHOUT if has_account else _WITHOUT
    found: dict[str, Role] = {}
    entries: tuple[Table | Store, ...] = (*TABLES, *STORES)
    for entry in entries:
        if entry.retention and about & set(entry.about):
            role = PURPOSE[entry.purpose].role
            if found.get(entry.retention) is not Role.PROCESSOR:
                found[entry.retention] = role
    return {rule.key: found[rule.key] for rule in RULES if rule.key in found}


def usual_results(kind: RequestKind, *, has_account: bool) -> dict[str, Result]:
    """What comes of each class if staff say nothing else; empty for an objection, which is about no class."""
    found = {
        key: usual_result(RULE[key], kind, role=role, has_account=has_account)
        for key, role in classes(has_account=has_account).items()
    }
    return {key: result for key, result in found.items() if result is not None}


def outcomes(results: Mapping[str, Result], *, today: date) -> list[Outcome]:
    """What staff decided, by the key of each rule, with grounds and last days."""
    return [outcome_of(RULE[key], result, today=today) for key, result in results.items()]


def as_rows(found: Iterable[Outcome]) -> list[dict[str, Any]]:
    """The outcomes as they are kept with a request."""
    return [
        {
            "rule": each.rule,
            "result": each.result.value,
            "until": each.until.isoformat() if each.until else None,
            "because": each.because.value,
        }
        for each in found
    ]


def outcome_words(rows: Iterable[Mapping[str, Any]]) -> list[OutcomeWords]:
    """What is kept with a request, in words; a class that the catalogue no longer has is called by its key."""
    found = []
    for row in rows:
        rule, result, because = RULE.get(row["rule"]), Result(row["result"]), KeptBecause(row["because"])
        found.append(
            OutcomeWords(
                what=_(rule.words) if rule else row["rule"],
                result=result,
                result_words=str(RESULTS[result]),
                until=date.fromisoformat(row["until"]) if row["until"] else None,
                because=str(KEPT_BECAUSE[because]) if because else "",
            )
        )
    return found
