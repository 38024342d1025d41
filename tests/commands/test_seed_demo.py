"""The demonstration can be seeded again at any point."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import ApiToken, Customer, Membership
from accounts.queries import actor_of_token
from accounts.rules.permissions import TOKEN_SCOPES
from billing.models import Subscription
from kernel import clock
from portal.management.commands import seed_demo
from trust.models import SealCertificate


@pytest.fixture
def described(db: None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(seed_demo, "PATH", tmp_path / "demo.json")
    return lambda: json.loads((tmp_path / "demo.json").read_text())


def test_seeding_twice_changes_nothing(described: Any) -> None:
    call_command("seed_demo")
    first = described()
    call_command("seed_demo")

    assert described() == first
    assert set(first) >= {
        "base_url",
        "ca_certificate",
        "customer",
        "api_token",
        "test_token",
        "owner",
        "member",
        "staff",
    }
    assert ApiToken.objects.count() == 3


def test_tokens_of_an_earlier_version_are_followed_by_some_with_every_scope(described: Any) -> None:
    call_command("seed_demo")
    first = described()
    ApiToken.objects.update(scopes=["seal.create", "seal.read"])
    call_command("seed_demo")

    for token in ("api_token", "test_token"):
        actor = actor_of_token(described()[token], now=clock.now())
        assert actor is not None
        assert actor.permissions == TOKEN_SCOPES
    assert described()["owner"] == first["owner"]
    assert actor_of_token(first["api_token"], now=clock.now()) is not None


@pytest.mark.parametrize(
    ("step", "time"),
    [("register_person", 2), ("create_customer", 3), ("provision_certificates", 3), ("_token", 2), ("_write", 1)],
)
def test_an_interrupted_seeding_is_finished_by_the_next(
    described: Any, step: str, time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = getattr(seed_demo, step)
    calls = iter(range(1, 10))

    def interrupted(*args: Any, **arguments: Any) -> Any:
        if next(calls) == time:
            raise KeyboardInterrupt
        return honest(*args, **arguments)

    monkeypatch.setattr(seed_demo, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_command("seed_demo")
    monkeypatch.setattr(seed_demo, step, honest)
    call_command("seed_demo")

    token = actor_of_token(described()["api_token"], now=clock.now())
    demo = Customer.objects.get(slug="demo")
    assert token is not None
    assert token.customer_id == demo.id
    assert Customer.objects.count() == 3
    on_a_plan = Subscription.objects.order_by("customer__slug").values_list("customer__slug", flat=True)
    assert list(on_a_plan) == ["demo", "other"], "the operator would invoice itself"
    assert SealCertificate.objects.filter(customer=demo, state="active").count() == 2
    assert Membership.objects.filter(customer=demo, person__email=described()["owner"]["email"], role="owner").exists()
