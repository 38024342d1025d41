"""Servers that customers name are on the public internet, however their address is spelt (attack 52)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.gateways.egress import HostRefused, HostUnknown, resolve_public


@pytest.mark.parametrize(
    "host",
    [
        *("127.1", "0x7f000001", "2130706433", "017700000001", "①②⑦.⓪.⓪.①", "localhost", "10.0.0.1", "0"),
        *("::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "169.254.169.254"),
    ],
)
def test_every_spelling_of_an_inner_address_is_refused(host: str) -> None:
    with pytest.raises(HostRefused):
        resolve_public(host, 25)


def test_a_public_address_is_handed_on_as_it_will_be_connected_to() -> None:
    assert resolve_public("8.8.8.8", 465) == ["8.8.8.8"]


@pytest.mark.parametrize("host", ["", "a" * 64 + ".example", "nowhere.invalid", "::1::", "a\0b"])
def test_what_cannot_be_resolved_leads_nowhere(host: str) -> None:
    with pytest.raises((HostUnknown, HostRefused)):
        resolve_public(host, 25)


def test_an_operator_may_open_its_own_network(settings: Any) -> None:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    assert resolve_public("127.0.0.1", 25) == ["127.0.0.1"]
    with pytest.raises(HostRefused):
        resolve_public("10.0.0.1", 25)
