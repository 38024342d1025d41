"""Who may confirm a disclosure, and from which day its customer is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from privacy.rules.disclosures import (
    DisclosureState,
    DisclosureTerms,
    dates_fit,
    may_be_told,
    may_break_silence,
    may_confirm,
)

SAM, TESS = 1, 2
TERMS = DisclosureTerms(DisclosureState.CONFIRMED, SAM, date(2026, 12, 1))
TODAY = date(2026, 11, 23)


def test_who_recorded_it_does_not_confirm_it() -> None:
    assert (may_confirm(TERMS, person_id=SAM), may_confirm(TERMS, person_id=TESS)) == (False, True)


@pytest.mark.parametrize(
    ("terms", "on", "told"),
    [
        (TERMS, date(2026, 11, 30), False),
        (TERMS, date(2026, 12, 1), True),
        (TERMS, date(2026, 12, 2), True),
        (replace(TERMS, silent_until=None), date(2026, 1, 1), True),
        (replace(TERMS, state=DisclosureState.RECORDED), date(2027, 1, 1), False),
        (replace(TERMS, state=DisclosureState.REJECTED), date(2027, 1, 1), False),
        (replace(TERMS, state=DisclosureState.TOLD), date(2027, 1, 1), False),
    ],
)
def test_the_customer_is_told_once_confirmed_on_the_first_day_the_law_allows(
    terms: DisclosureTerms, on: date, told: bool
) -> None:
    assert may_be_told(terms, on=on) is told


@pytest.mark.parametrize(
    ("requested", "disclosed", "fit"),
    [
        (TODAY, None, True),
        (TODAY, TODAY, True),
        (date(2026, 11, 24), None, False),
        (TODAY, date(2026, 11, 22), False),
        (TODAY, date(2026, 11, 24), False),
        (date(2026, 11, 1), date(2026, 11, 2), True),
    ],
)
def test_it_is_asked_for_first_then_given_and_not_in_the_future(
    requested: date, disclosed: date | None, fit: bool
) -> None:
    assert dates_fit(requested_on=requested, disclosed_on=disclosed, today=TODAY) is fit


@pytest.mark.parametrize(
    ("silent_until", "breaks"),
    [(None, True), (date(2026, 11, 30), True), (date(2026, 12, 1), False), (date(2026, 12, 2), False)],
)
def test_a_record_is_silent_as_long_as_the_order_of_its_grant(silent_until: date | None, breaks: bool) -> None:
    assert may_break_silence(silent_until, date(2026, 12, 1)) is breaks
