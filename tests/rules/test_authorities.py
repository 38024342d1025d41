"""Every country of the European Economic Area has an authority to complain to."""

from __future__ import annotations

import pytest

from privacy.rules.authorities import AUTHORITIES, authority_of
from privacy.rules.contact import LONGEST_MESSAGE, MESSAGES_PER_MINUTE, text_hash

UNION = {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
}


def test_every_country_of_the_eea_has_one_and_no_other() -> None:
    assert set(AUTHORITIES) == UNION | {"IS", "LI", "NO"}
    for country, authority in AUTHORITIES.items():
        assert authority.country == country
        assert authority.name
        assert authority.website.startswith("https://")


@pytest.mark.parametrize(
    ("countries", "language", "country"),
    [
        (["LV", "EE"], "lt", "LV"),
        (["", "ee"], "lt", "EE"),
        (["US"], "lt-lt", "LT"),
        ([""], "lv", "LV"),
        ([""], "et", "EE"),
        ([""], "pl", "PL"),
        ([""], "fi", "FI"),
        ([], "en", None),  # spoken in many countries
        (["US"], "", None),
    ],
)
def test_the_country_chosen_goes_before_the_language(countries: list[str], language: str, country: str | None) -> None:
    found = authority_of(*countries, language=language)
    assert (found and found.country) == country


def test_what_was_agreed_to_has_its_hash() -> None:
    assert text_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (LONGEST_MESSAGE, MESSAGES_PER_MINUTE) == (4000, 6)
