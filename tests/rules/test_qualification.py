"""When the trusted lists are asked, and what their answer makes of a seal, signature or timestamp."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sealing.rules.qualification import Qualification, best_of, by_the_lists, kinds_to_ask, unasked
from trust.rules.trusted_lists import Kind, QualifiedStatus

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
PASSED, FAILED, UNDECIDED = "TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"


def answer(*, known: bool = True, qualified: bool = False, qscd: bool | None = None) -> QualifiedStatus:
    return QualifiedStatus(known, qualified, qscd, "LT", "Seals", NOW, "Why.", 7)


@pytest.mark.parametrize(
    ("indication", "test", "lists_kept", "expected"),
    [
        (FAILED, False, True, ("not_qualified", "not_passed")),
        (FAILED, True, False, ("not_qualified", "not_passed")),
        (PASSED, False, False, ("unknown", "no_lists")),
        (PASSED, True, False, ("unknown", "no_lists")),
        (UNDECIDED, False, True, ("unknown", "undecided")),
        (PASSED, True, True, ("not_qualified", "test")),
        (PASSED, False, True, None),
    ],
)
def test_only_what_passed_and_is_no_test_is_looked_up(
    indication: str, test: bool, lists_kept: bool, expected: tuple[str, str] | None
) -> None:
    found = unasked(indication, "seal", test=test, lists_kept=lists_kept)
    assert (found and (found.status, found.code)) == expected


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (answer(known=False), "seal", ("unknown", "trusted_list")),
        (answer(), "seal", ("not_qualified", "trusted_list")),
        (answer(qualified=True, qscd=True), "seal", ("qualified", "trusted_list")),
        (answer(qualified=True, qscd=True), "signature", ("qualified", "trusted_list")),
        (answer(qualified=True, qscd=False), "seal", ("not_qualified", "no_secure_device")),
        (answer(qualified=True, qscd=None), "signature", ("unknown", "device_unknown")),
        (answer(qualified=True, qscd=None), "timestamp", ("qualified", "trusted_list")),
    ],
)
def test_a_qualified_seal_needs_a_qualified_certificate_and_device_a_timestamp_the_service_alone(
    status: QualifiedStatus, kind: Kind, expected: tuple[str, str]
) -> None:
    found = by_the_lists(status, kind, as_of=NOW)
    assert (found.status, found.code) == expected


def test_a_list_may_say_that_a_certificate_is_for_another_kind_than_it_says_itself() -> None:
    assert kinds_to_ask(kind="signature", purpose="seal") == ("seal", "signature")
    assert kinds_to_ask(kind="countersignature", purpose="") == ("signature", "seal")
    assert kinds_to_ask(kind="timestamp", purpose="seal") == ("timestamp",)
    no: Qualification = by_the_lists(answer(), "signature", as_of=NOW)
    weak = by_the_lists(answer(qualified=True, qscd=False), "seal", as_of=NOW)
    assert best_of([no, weak]) is weak
    assert best_of([no, by_the_lists(answer(), "seal", as_of=NOW)]) is no
