"""Which network addresses an outside server of a customer's may have: public ones, by a list of our own.

The standard library's `is_global` calls several addresses global that lead inside (mapped, translated and tunnelled
IPv4, site-local, multicast), so what is not public is written down here, from the IANA registries of special-purpose
addresses (RFC 6890) and the RFCs named.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # behind carriers' NAT (RFC 6598)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, where clouds answer with credentials (RFC 3927)
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, and broadcast (RFC 1112, RFC 919)
    )
)
# Of IPv6 only what is handed out to the world is public (RFC 4291: 2000::/3), without these parts of it.
_GLOBAL_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks and their like (RFC 2928)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4: an IPv4 address in disguise (RFC 3056)
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


def is_public_address(ip: str) -> bool:
    """Whether `ip`, a single IPv4 or IPv6 address as text, is one of the public internet.

    False for anything else, and for what is no address in its usual form: `127.1`, `0x7f000001`, `2130706433` and
    their like are for the resolver to spell out.
    """
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address.scope_id is None and address in _GLOBAL_6 and not any(address in each for each in _NOT_PUBLIC_6)


def is_allowed_address(ip: str, *, networks: Iterable[str]) -> bool:
    """Whether a server of a customer's may have this address: a public one, or one in the operator's own `networks`.

    `networks` are in CIDR notation; one that cannot be read is a ValueError.
    """
    allowed = [ip_network(network) for network in networks]
    if is_public_address(ip):
        return True
    try:
        address: IPv4Address | IPv6Address = ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in allowed)
