"""The way out to servers that customers name: only to public addresses, and to exactly the address that was checked.

Whoever connects uses an address from here and the host's name for TLS alone, so that a name which answers differently
the second time (rebinding) leads nowhere.
"""

from __future__ import annotations

import socket
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.rules.addresses import is_allowed_address
from kernel.errors import Outage, Refusal


class HostRefused(Refusal):
    """The host's name leads to an address that is not of the public internet."""

    code = "host_not_public"
    status = 422

    def __init__(self, host: str) -> None:
        super().__init__(_("“%(host)s” is not a server on the public internet.") % {"host": host})


class HostUnknown(Outage):
    """The host's name leads nowhere at present."""

    code: ClassVar[str] = "host_unknown"


def resolve_public(host: str, port: int) -> list[str]:
    """All addresses of `host`, in the resolver's order, each of them public or in EGRESS_ALLOWED_NETWORKS.

    Raises `HostRefused` when a single one is neither, so that nothing depends on which is taken, and `HostUnknown`
    when the name cannot be resolved now.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise HostUnknown(_("“%(host)s” cannot be found.") % {"host": host}) from error
    addresses = list(dict.fromkeys(str(where[0]) for *_rest, where in found))
    if not addresses or not all(is_allowed_address(ip, networks=settings.EGRESS_ALLOWED_NETWORKS) for ip in addresses):
        raise HostRefused(host)
    return addresses
