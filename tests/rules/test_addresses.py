"""Which addresses lead to the public internet: attack 52, where the standard library is wrong."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from accounts.rules.addresses import is_allowed_address, is_public_address


@pytest.mark.parametrize(
    "ip",
    [
        *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
        *("128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255"),
        *("192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "193.219.80.1"),
        *("2001:200::1", "2606:4700:4700::1111", "2a00:1450:4001::5e", "2620:4f:8001::1", "2003::1"),
    ],
)
def test_addresses_of_the_internet_are_public(ip: str) -> None:
    assert is_public_address(ip)


@pytest.mark.parametrize(
    "ip",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1"),
        *("127.255.255.254", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1"),
        *("192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0"),
        *("198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:7f00:1"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::"),
        *("2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::"),
        *("2002:808:808::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1"),
        *("fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "2606:4700::1111%1"),
    ],
)
def test_addresses_that_lead_elsewhere_are_not(ip: str) -> None:
    assert not is_public_address(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "127.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "①②⑦.⓪.⓪.①",
        "",
        "localhost",
        "8.8.8.8 ",
        "8.8.8.8/32",
        "08.8.8.8",
    ],
)
def test_other_spellings_are_no_addresses(ip: str) -> None:
    assert not is_public_address(ip)


def test_the_list_is_needed_because_the_standard_library_calls_some_of_these_global() -> None:
    fooled = [
        "224.0.0.1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fec0::1",
        "192.88.99.1",
    ]
    assert any(ip_address(ip).is_global for ip in fooled)
    assert not any(is_public_address(ip) for ip in fooled)


def test_an_operator_may_open_a_network_of_its_own_and_nothing_beside_it() -> None:
    assert is_allowed_address("10.1.2.3", networks=["10.1.0.0/16"])
    assert is_allowed_address("8.8.8.8", networks=[])
    assert not is_allowed_address("10.2.0.1", networks=["10.1.0.0/16"])
    assert not is_allowed_address("::ffff:10.1.2.3", networks=["10.1.0.0/16"])
    assert not is_allowed_address("127.1", networks=["127.0.0.0/8"])
    with pytest.raises(ValueError, match="does not appear"):
        is_allowed_address("8.8.8.8", networks=["ten"])
