"""The table of roles and permissions (clause C2)."""

from __future__ import annotations

import pytest

from accounts.rules.permissions import PERMISSIONS, TOKEN_SCOPES, Role, permissions_of, scopes_within

TABLE = """
                    owner administrator billing developer member auditor
seal.create         x     x             .       x         x      .
seal.read           x     x             .       x         x      x
seal.read_all       x     x             .       .         .      x
seal.manage_all     x     x             .       .         .      .
usage.read          x     x             x       x         x      x
member.read         x     x             .       .         .      x
member.manage       x     x             .       .         .      .
member.provision    x     x             .       .         .      .
token.manage        x     x             .       x         .      .
certificate.read    x     x             x       x         x      x
certificate.manage  x     x             .       .         .      .
billing.read        x     x             x       .         .      .
billing.manage      x     x             x       .         .      .
audit.read          x     x             .       .         .      x
webhook.manage      x     x             .       x         .      .
event.read          x     x             .       x         .      .
customer.manage     x     x             .       .         .      .
access.grant        x     x             .       .         .      .
document.share      x     x             .       x         x      .
customer.end        x     .             .       .         .      .
owner.appoint       x     .             .       .         .      .
"""
ROLES, ROWS = TABLE.split()[:6], [line.split() for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_the_table_says_and_nothing_else(role: Role) -> None:
    column = ROLES.index(role) + 1
    assert permissions_of(role) == {row[0] for row in ROWS if row[column] == "x"}


def test_the_table_names_every_permission_there_is() -> None:
    assert {row[0] for row in ROWS} == frozenset().union(*PERMISSIONS.values())


@pytest.mark.parametrize("role", ["", "root", "Owner", "staff"])
def test_an_unknown_role_may_nothing(role: str) -> None:
    assert permissions_of(role) == frozenset()


@pytest.mark.parametrize("role", Role)
def test_no_role_gives_a_token_more_than_it_has_itself_nor_what_is_for_people_alone(role: Role) -> None:
    everything = frozenset().union(*PERMISSIONS.values())
    granted = scopes_within(permissions_of(role), everything)
    assert granted == permissions_of(role) & TOKEN_SCOPES
    assert not granted & {
        "token.manage",
        "billing.manage",
        "owner.appoint",
        "customer.manage",
        "customer.end",
        "access.grant",
    }


def test_a_customer_s_rules_widen_what_members_see_and_narrow_what_they_share() -> None:
    assert permissions_of("member", sees_all=True) - permissions_of("member") == {"seal.read_all"}
    assert permissions_of("member") - permissions_of("member", shares=False) == {"document.share"}
    assert permissions_of("administrator", shares=False) == permissions_of("administrator")
    assert permissions_of("billing", sees_all=True) == permissions_of("billing"), "it reads no seals at all"
    assert permissions_of("root", sees_all=True) == frozenset()
