"""Two customers, their people, certificates and tokens, and `var/demo.json` that tells how to use them."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.actions.admit_member import admit_member
from accounts.actions.create_api_token import create_api_token
from accounts.actions.create_customer import create_customer
from accounts.actions.register_person import register_person
from accounts.queries import actor_of_owner, actor_of_token
from accounts.rules.permissions import TOKEN_SCOPES, Role
from billing.actions.start_subscription import start_subscription
from kernel import clock
from kernel.actor import Actor
from portal.environment import VAR_DIR
from trust.actions.provision_certificates import provision_certificates

SEEDER = Actor.system("portal.seed_demo")


class Command(BaseCommand):
    help = "Seed the demonstration customers; run again, it changes nothing that exists."

    def handle(self, *args: Any, **options: Any) -> None:
        path = VAR_DIR / "demo.json"
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        if not known or actor_of_token(known["api_token"], now=clock.now()) is None:
            known = _seed()
        _write(path, known | {"base_url": settings.BASE_URL, "ca_certificate": settings.TRUST_ANCHORS})
        self.stdout.write(f"The demonstration is described in {path}")


def _seed() -> dict[str, Any]:
    demo, owner = _customer("Demo UAB", "demo")
    member = _person("member", "Mantas Member")
    now = clock.now()
    admit_member(actor=SEEDER, customer_id=demo.customer, person_id=member.pop("id"), role=Role.MEMBER, now=now)
    staff = _person("staff", "Stasė Staff", staff=True)
    other, _owner = _customer("Other OÜ", "other")
    staff.pop("id")
    return {
        "customer": "demo",
        "api_token": _token(demo, live=True),
        "test_token": _token(demo, live=False),
        "owner": owner,
        "member": member,
        "staff": staff,
        "other_customer": {"slug": "other", "api_token": _token(other, live=True)},
    }


def _customer(name: str, slug: str) -> tuple[Actor, dict[str, Any]]:
    now = clock.now()
    owner = _person(f"{slug}-owner", f"Ona Owner ({slug})")
    customer = create_customer(
        actor=SEEDER,
        name=name,
        kind="legal_entity",
        country="LT" if slug == "demo" else "EE",
        owner_id=owner.pop("id"),
        plan_code=None,
        now=now,
        slug=slug,
    )
    provision_certificates(actor=SEEDER, customer_id=customer.id, now=now)
    start_subscription(actor=SEEDER, customer_id=customer.id, plan_code="1", interval="month", now=now)
    return actor_of_owner(slug), owner


def _person(name: str, full_name: str, *, staff: bool = False) -> dict[str, Any]:
    email, password = f"{name}-{secrets.token_hex(2)}@example.org", secrets.token_urlsafe(12)
    person = register_person(actor=SEEDER, email=email, name=full_name, password=password, staff=staff, now=clock.now())
    return {"id": person.pk, "email": email, "password": password}


def _token(owner: Actor, *, live: bool) -> str:
    name = "Demonstration" if live else "Demonstration, test mode"
    return create_api_token(actor=owner, name=name, live=live, scopes=TOKEN_SCOPES, now=clock.now())[1]


def _write(path: Path, known: dict[str, Any]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(known, indent=2) + "\n")
