"""From where a token may be used, as two actions check it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from accounts.rules.tokens import MOST_NETWORKS, network_named
from kernel.errors import FieldError, Refusal


class NetworkUnreadable(Refusal):
    code = "network_unreadable"
    title = _("Write networks like 198.51.100.0/24 or 2001:db8::/48, at most 20.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/networks", self.code, str(self.title))])


def checked_networks(networks: Sequence[str]) -> list[str]:
    """The networks as they are kept, each once; raises `NetworkUnreadable`."""
    found = {network_named(each) for each in networks}
    if None in found or len(found) > MOST_NETWORKS:
        raise NetworkUnreadable
    return sorted(each for each in found if each)
