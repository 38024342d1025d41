"""A customer's page about its data."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.actions.end_contract import end_contract
from billing.queries.line_words import day_words
from kernel import clock
from kernel.errors import Forbidden
from kernel.models import CustomerKey
from privacy.catalogue import RULE
from privacy.queries.customer_page import kept_for_customer
from privacy.rules.retention import promised_on
from tests.cast import Cast

MONDAY = date(2026, 11, 23)


def test_the_rules_come_with_the_customers_own_dates(cast: Cast) -> None:
    kept = {each.period.key: each.own for each in kept_for_customer(cast.alice.actor, today=MONDAY)}
    assert list(kept) == ["content", "bookkeeping", "activity", "backup"]
    assert "30 November 2026" in kept["content"]
    assert "31 December 2036" in kept["bookkeeping"]
    assert "24 August 2026" in kept["activity"]
    assert "24 December 2026" in kept["backup"]
    with pytest.raises(Forbidden):
        kept_for_customer(cast.bob.actor, today=MONDAY)


def test_a_trail_that_is_kept_longer_and_a_contract_that_ends_say_so(cast: Cast) -> None:
    CustomerKey.objects.filter(customer_id=cast.acme.id).update(audit_retention="hosted")
    ending = end_contract(actor=cast.alice.actor, at_once=True, name=cast.acme.name, now=clock.now())
    kept = {each.period.key: each.own for each in kept_for_customer(cast.alice.actor, today=MONDAY)}
    assert "22 May 2025" in kept["hosted_audit"]
    CustomerKey.objects.filter(customer_id=cast.acme.id).update(audit_retention="hosted10")
    longest = {each.period.key: each.own for each in kept_for_customer(cast.alice.actor, today=MONDAY)}
    assert "22 November 2016" in longest["hosted_audit"]
    assert longest["activity"] == kept["activity"]
    gone_on = promised_on(RULE["content"], clock.legal_date(ending.ends_at))
    assert kept["content"].startswith("The contract ends on")
    assert kept["content"].endswith(f"from {day_words(gone_on)} on it is gone.")


def test_administrators_see_all_of_it_and_only_owners_take_everything_away(cast: Cast) -> None:
    page = cast.alice.client().get(cast.alice.url("privacy/")).content.decode()
    for card in ("kept", "explain", "requests", "documents", "others", "authorities", "export"):
        assert f'id="{card}-title"' in page, card
    for way in ("privacy/binding/", "privacy/disclosures/", "settings/access/", "settings/export/"):
        assert cast.alice.url(way) in page, way
    assert "/legal/terms/2026-1/" in page
    assert cast.bob.client().get(cast.bob.url("privacy/")).status_code == 403
