"""Which version of a legal document binds whom on which day, and how its text is read (C5, D10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.documents import (
    ACCEPTED,
    ANNOUNCED_DAYS,
    PRECEDENCE,
    PUBLIC,
    Block,
    binding,
    binds_from,
    blocks,
    earliest_effect,
    edition,
    fill,
    in_force,
    in_language,
    next_version,
    split_title,
)

NEW_YEAR = date(2027, 1, 1)
DAY = timedelta(days=1)
DAYS = st.integers(0, 8).map(lambda days: NEW_YEAR + days * DAY)


@dataclass(frozen=True)
class Written:
    version: str
    effective_on: date = NEW_YEAR
    audience: str = "all"
    country: str = ""
    language: str = "en"
    kind: str = "terms"
    needs_acceptance: bool = False
    announced_at: datetime = datetime(2026, 11, 1, tzinfo=UTC)

    @property
    def sha256(self) -> str:
        return f"{self.kind} {self.version} {self.language}"


def bound(*texts: Written, audience: str = "portal", country: str = "LT", on: date = NEW_YEAR, **more: object) -> str:
    """The version that binds, or nothing."""
    found = binding(texts, audience=audience, country=country, on=on, **more)  # type: ignore[arg-type]
    return found["terms"][0].version if found else ""


def test_the_order_of_precedence_is_that_of_the_contract() -> None:
    assert PRECEDENCE == ("special", "dpa", "privacy", "aup", "terms")
    assert ACCEPTED == ("terms", "dpa", "aup", "privacy")
    assert (*ACCEPTED, "cookies") == PUBLIC


def test_thirty_days_lie_between_the_announcement_and_the_effect() -> None:
    assert ANNOUNCED_DAYS == 30
    assert earliest_effect(date(2027, 1, 30), first_of_kind=False) == date(2027, 3, 1)
    assert earliest_effect(date(2028, 1, 30), first_of_kind=False) == date(2028, 2, 29)
    assert earliest_effect(date(2027, 1, 30), first_of_kind=True) == date(2027, 1, 30)


def test_a_version_binds_from_its_day_until_the_next() -> None:
    texts = (Written("1", NEW_YEAR), Written("2", date(2027, 6, 1)))
    assert [bound(*texts, on=NEW_YEAR + days * DAY) for days in (-1, 0, 1)] == ["", "1", "1"]
    assert [bound(*texts, on=date(2027, 6, 1) + days * DAY) for days in (-1, 0)] == ["1", "2"]


def test_of_two_for_one_day_the_one_announced_later_binds() -> None:
    later = Written("1", announced_at=datetime(2026, 11, 2, tzinfo=UTC))
    assert bound(later, Written("2")) == bound(Written("2"), later) == "1"


@pytest.mark.parametrize(
    ("audience", "country", "binds"),
    [
        ("portal", "LT", "country"),
        ("api", "LT", "both"),
        ("portal", "LV", "general"),
        ("api", "LV", "audience"),
    ],
)
def test_the_country_goes_before_the_audience_and_both_before_what_is_newer(
    audience: str, country: str, binds: str
) -> None:
    texts = [
        Written("both", NEW_YEAR, "api", "LT"),
        Written("country", NEW_YEAR + DAY, "all", "LT"),
        Written("audience", NEW_YEAR + 2 * DAY, "api"),
        Written("general", NEW_YEAR + 3 * DAY),
    ]
    assert bound(*texts, audience=audience, country=country, on=NEW_YEAR + 9 * DAY) == binds
    assert bound(*reversed(texts), audience=audience, country=country, on=NEW_YEAR + 9 * DAY) == binds


def test_what_is_for_one_country_and_audience_takes_effect_on_its_own_day() -> None:
    texts = (Written("general"), Written("country", NEW_YEAR + DAY, country="LT"))
    assert [bound(*texts, on=NEW_YEAR + days * DAY) for days in (0, 1)] == ["general", "country"]


def test_a_version_that_needs_acceptance_binds_only_who_gave_it() -> None:
    texts = (Written("1"), Written("2", NEW_YEAR + DAY, needs_acceptance=True))
    after = NEW_YEAR + DAY
    assert bound(*texts, on=after, accepted=set()) == "1"
    assert bound(*texts, on=after, accepted={("terms", "2")}) == "2"
    assert bound(*texts, on=after, accepted={("dpa", "2")}) == "1"
    assert bound(*texts, on=after) == "2", "asked for everybody, acceptance is not looked at"
    assert bound(*texts, on=NEW_YEAR, accepted={("terms", "2")}) == "1", "accepting early changes no date"


def test_what_was_told_late_binds_thirty_days_after_that_or_from_its_acceptance() -> None:
    texts = (Written("1"), Written("2", NEW_YEAR + 30 * DAY))
    told = {("terms", "2"): NEW_YEAR + 2 * DAY}
    days = [NEW_YEAR + days * DAY for days in (30, 31, 32)]
    assert [bound(*texts, on=on, told=told) for on in days] == ["1", "1", "2"]
    assert [bound(*texts, on=on, told={("dpa", "2"): NEW_YEAR + 9 * DAY}) for on in days] == ["2", "2", "2"]
    assert bound(*texts, on=days[0], told=told, accepted={("terms", "2")}) == "2"
    assert binds_from(NEW_YEAR + 30 * DAY, NEW_YEAR) == NEW_YEAR + 30 * DAY
    assert binds_from(NEW_YEAR + 30 * DAY, NEW_YEAR + DAY) == NEW_YEAR + 31 * DAY


def test_all_languages_of_the_binding_version_are_found_together_and_no_others() -> None:
    texts = [Written("1", language=code) for code in ("en", "lt", "lv")]
    texts += [Written("2", NEW_YEAR + DAY, language=code) for code in ("lt", "en")]
    found = binding(texts, audience="portal", country="LT", on=NEW_YEAR)["terms"]
    assert {(text.version, text.language) for text in found} == {("1", "en"), ("1", "lt"), ("1", "lv")}
    found = binding(texts, audience="portal", country="LT", on=NEW_YEAR + DAY)["terms"]
    assert {(text.version, text.language) for text in found} == {("2", "en"), ("2", "lt")}


def test_kinds_do_not_disturb_each_other() -> None:
    found = binding([Written("1"), Written("7", kind="dpa")], audience="api", country="", on=NEW_YEAR)
    assert {kind: rows[0].version for kind, rows in found.items()} == {"terms": "1", "dpa": "7"}


def test_the_archive_marks_what_is_in_force_for_each_audience_and_country() -> None:
    texts = [
        Written("1"),
        Written("2", NEW_YEAR + DAY),
        Written("3", NEW_YEAR, country="LT"),
        Written("4", NEW_YEAR, "api"),
        Written("5", NEW_YEAR + 2 * DAY),
    ]
    found = {number for _kind, number in in_force(texts, NEW_YEAR + DAY)}
    assert found == {"2", "3", "4"}


def test_a_reader_gets_their_language_then_english_then_the_first() -> None:
    texts = [Written("1", language=code) for code in ("lv", "lt", "en")]
    assert in_language(texts, "lt").language == "lt"
    assert in_language(texts, "et").language == "en"
    assert in_language(texts[:2], "et").language == "lt"
    with pytest.raises(ValueError, match="et"):
        in_language([], "et")


@given(
    st.lists(
        st.builds(
            Written,
            version=st.sampled_from("123456"),
            effective_on=DAYS,
            audience=st.sampled_from(["all", "api", "portal"]),
            country=st.sampled_from(["", "LT", "LV"]),
        ),
        unique_by=lambda text: text.version,
    ),
    DAYS,
    st.sampled_from(["api", "portal"]),
    st.sampled_from(["LT", "LV", "EE"]),
)
def test_what_binds_is_of_the_closest_that_hold_and_none_of_those_is_newer(
    texts: list[Written], on: date, audience: str, country: str
) -> None:
    hold = [
        text
        for text in texts
        if text.effective_on <= on and text.audience in ("all", audience) and text.country in ("", country)
    ]
    found = bound(*texts, audience=audience, country=country, on=on)
    if not hold:
        assert found == ""
        return
    best = max(hold, key=lambda text: (text.country != "", text.audience != "all", text.effective_on, text.version))
    assert found == best.version


def test_versions_are_counted_within_the_year_in_which_they_take_effect() -> None:
    assert next_version([], NEW_YEAR) == "2027-1"
    assert next_version(["2026-1", "2027-1", "2027-2"], NEW_YEAR) == "2027-3"


def test_an_edition_changes_with_any_text_and_with_nothing_else() -> None:
    one, other = Written("1"), Written("1", kind="dpa")
    assert edition([one, other]) == edition([other, one])
    assert edition([one, other]) != edition([one])
    assert edition([Written("1", language="lt"), other]) != edition([one, other])
    assert len(edition([one])) == 16


def test_a_text_is_read_in_its_title_and_parts_with_its_placeholders_filled() -> None:
    title, body = split_title("# Terms\n\nPay within {{due_days}} days.\n")
    assert (title, body) == ("Terms", "Pay within {{due_days}} days.\n")
    for unreadable in ("Terms\n\nPay", "# Terms", "# \n\nPay", "## Terms\n\nPay"):
        with pytest.raises(ValueError, match=unreadable.partition("\n")[0]):
            split_title(unreadable)
    assert fill("{{ a }} and {{b}}, {{a}}", {"a": "1", "b": "2"}) == "1 and 2, 1"
    with pytest.raises(KeyError, match="c"):
        fill("{{c}}", {"a": "1"})
    assert blocks("## One\n\ntwo\nlines\n\n- a\n- b\n\n- a\nno list") == [
        Block("heading", ("One",)),
        Block("paragraph", ("two lines",)),
        Block("list", ("a", "b")),
        Block("paragraph", ("- a no list",)),
    ]
