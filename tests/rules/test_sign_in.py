"""Who may enter with which sign-in, and what a provider's word is worth (clause C10)."""

from __future__ import annotations

import pytest

from accounts.rules.sign_in import (
    Arrival,
    Entry,
    Opening,
    SignInRules,
    domain_of,
    is_domain,
    judge_arrival,
    judge_entry,
    may_be_invited,
    tells_of_second_step,
)

PROVIDER = Opening("idp_acme", "cus_acme", second_step=False, at=0)
WITH_STEP = Opening("idp_acme", "cus_acme", second_step=True, at=0)
ALL = SignInRules(second_step=True, provider_second_step=True, provider_required=True, provider="idp_acme")


@pytest.mark.parametrize(
    ("rules", "role", "opening", "own_step", "expected"),
    [
        (SignInRules(), "member", None, False, Entry.OPEN),
        (SignInRules(second_step=True), "member", None, False, Entry.SECOND_STEP_NEEDED),
        (SignInRules(second_step=True), "owner", None, False, Entry.SECOND_STEP_NEEDED),
        (SignInRules(second_step=True), "member", None, True, Entry.OPEN),
        (ALL, "administrator", None, True, Entry.PROVIDER_NEEDED),
        (ALL, "owner", None, True, Entry.OPEN),
        (ALL, "owner", None, False, Entry.SECOND_STEP_NEEDED),
        (ALL, "member", PROVIDER, True, Entry.PROVIDER_SECOND_STEP_NEEDED),
        (ALL, "member", WITH_STEP, False, Entry.OPEN),
        (SignInRules(second_step=True, provider="idp_acme"), "member", PROVIDER, False, Entry.OPEN),
        (SignInRules(), "member", PROVIDER, True, Entry.PROVIDER_GONE),
        (SignInRules(provider="idp_next"), "member", PROVIDER, True, Entry.PROVIDER_GONE),
        (ALL, "owner", Opening("idp_acme", "cus_globex", second_step=True, at=0), True, Entry.STRANGER),
        (SignInRules(provider_required=True), "member", None, False, Entry.OPEN),  # a rule without its provider
    ],
)
def test_what_a_member_meets_at_the_door(
    rules: SignInRules, role: str, opening: Opening | None, own_step: bool, expected: Entry
) -> None:
    entry = judge_entry(rules, customer="cus_acme", role=role, opening=opening, has_second_step=lambda: own_step)
    assert entry is expected


@pytest.mark.parametrize(
    ("theirs", "known", "role", "managed", "creates", "expected"),
    [
        (True, False, None, False, True, Arrival.CREATE),
        (True, False, None, False, False, Arrival.REFUSE),
        (False, False, None, False, True, Arrival.REFUSE),
        (True, True, "member", True, False, Arrival.LINK),
        (False, True, "member", True, True, Arrival.CONFIRM),
        (True, True, "owner", True, True, Arrival.CONFIRM),
        (True, True, "member", False, True, Arrival.CONFIRM),
        (False, True, "member", False, False, Arrival.CONFIRM),
        (True, True, None, False, True, Arrival.CONFIRM),
        (True, True, None, False, False, Arrival.REFUSE),
        (False, True, None, False, True, Arrival.REFUSE),
    ],
)
def test_what_becomes_of_somebody_named_for_the_first_time(
    theirs: bool, known: bool, role: str | None, managed: bool, creates: bool, expected: Arrival
) -> None:
    found = judge_arrival(
        address_is_theirs=theirs, known=known, member_role=role, managed=managed, creates_members=creates
    )
    assert found is expected


def test_the_rules_survive_being_stored_and_what_a_newer_version_adds_is_left_out() -> None:
    rules = SignInRules(second_step=True, email_domains=("example.com",), provider="idp_1")
    assert SignInRules.stored({**rules.to_store(), "newer": 1}) == rules
    assert SignInRules.stored({}) == SignInRules()


def test_domains() -> None:
    assert domain_of("Nora@Example.COM ") == "example.com"
    assert domain_of('"a@b"@example.com') == "example.com"
    for wrong in ("nora", "nora@", "@", "nora@localhost", "nora@exa mple.com", "nora@example.com."):
        assert domain_of(wrong) == ""
    for wrong in ("", "com", "-a.com", "a-.com", "a..com", "a" * 64 + ".com", "ä.com", "1.2.3.4", "a.com/x"):
        assert not is_domain(wrong)
    assert is_domain("xn--pteri-mta.example")
    assert may_be_invited("x@anything.example", ())
    assert may_be_invited("x@EXAMPLE.com", ("example.com",))
    assert not may_be_invited("x@sub.example.com", ("example.com",))


def test_a_second_step_is_told_by_method() -> None:
    assert tells_of_second_step(["pwd", "mfa"])
    assert not tells_of_second_step(["pwd"])
    assert not tells_of_second_step([])
