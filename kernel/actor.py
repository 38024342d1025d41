"""Who acts. Every action takes an actor; what it may do travels with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from kernel.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """A member, a person outside any membership, an API token, staff or the system itself, as seen by actions.

    `id` names the membership, person, token or job; `name` is the name as it was, kept in the audit trail.
    `customer_id` is the customer acted for. `live` is false for test-mode tokens. `reason` is what staff wrote.
    Of kind `support` are staff who look with an access grant: they may read what it names, and do nothing. `only` are
    the ids of all that such an actor sees; None where nothing is left out.
    """

    kind: Literal["member", "person", "token", "staff", "support", "system"]
    id: str
    name: str
    customer_id: str | None = None
    permissions: frozenset[str] = frozenset()
    live: bool = True
    person_id: str | None = None
    reason: str = ""
    only: frozenset[str] | None = None

    @classmethod
    def system(cls, name: str, *, customer_id: str | None = None) -> Actor:
        """The product itself, acting as the task `name`."""
        return cls(kind="system", id=name, name=name, customer_id=customer_id)

    @classmethod
    def staff(cls, *, person_id: str, name: str, reason: str) -> Actor:
        """A member of the operator's staff, who always gives a reason."""
        return cls(kind="staff", id=person_id, name=name, person_id=person_id, reason=reason)

    @classmethod
    def support(cls, *, person_id: str, name: str, customer_id: str, only: frozenset[str] | None, reason: str) -> Actor:
        """Staff who look at one customer's documents with an access grant: they read, and may do nothing else."""
        return cls(
            kind="support",
            id=person_id,
            name=name,
            customer_id=customer_id,
            permissions=frozenset({"seal.read", "seal.read_all"}),
            person_id=person_id,
            reason=reason,
            only=only,
        )

    def may(self, permission: str) -> bool:
        return self.kind in {"system", "staff"} or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise `Forbidden` unless this actor has `permission`. System and staff doors authorise at the door."""
        if not self.may(permission):
            raise Forbidden(_("This needs the permission “%(permission)s”.") % {"permission": permission})

    @property
    def person(self) -> str:
        """The person who acts; a programming error for actors that are none."""
        if self.person_id is None:
            raise RuntimeError(f"{self.kind} {self.id} is no person")
        return self.person_id

    @property
    def customer(self) -> str:
        """The customer acted for; a programming error for actors without one."""
        if self.customer_id is None:
            raise RuntimeError(f"{self.kind} {self.id} acts for no customer")
        return self.customer_id
