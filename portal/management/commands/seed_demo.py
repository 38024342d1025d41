"""Two customers, their people, certificates and tokens, and `var/demo.json` that tells how to use them."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.actions._invitations import AlreadyMember
from accounts.actions.admit_member import admit_member
from accounts.actions.create_api_token import create_api_token
from accounts.actions.create_customer import CustomerNameTaken, create_customer
from accounts.actions.register_person import register_person
from accounts.queries import actor_of_owner, actor_of_token
from accounts.rules.applications import Particulars
from accounts.rules.permissions import TOKEN_SCOPES, Role
from billing.actions.publish_add_on import AddOnExists, publish_add_on
from billing.actions.start_subscription import AlreadySubscribed, start_subscription
from kernel import clock
from kernel.actor import Actor
from portal.environment import VAR_DIR
from trust.actions.provision_certificates import provision_certificates

SEEDER = Actor.system("portal.seed_demo")
_VILNIUS = Particulars("123033512", "", "Gedimino pr. 1", "01103", "Vilnius")
_OPERATOR = Particulars("100000000", "LT100001919017", "Antspaudo g. 1", "01100", "Vilnius")
_TALLINN = Particulars("12345678", "", "Viru 1", "10140", "Tallinn")
PATH = VAR_DIR / "demo.json"


class Command(BaseCommand):
    help = "Seed the demonstration customers; run again, it finishes what was interrupted and changes nothing else."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("A demonstration, with staff whose password lies in a file, is not for production.")
        known: dict[str, Any] = json.loads(PATH.read_text()) if PATH.exists() else {}
        token = actor_of_token(known.get("api_token", ""), now=clock.now())
        if token is None:
            known = _seed()
        elif not all(map(token.may, TOKEN_SCOPES)):
            known |= _tokens_of(actor_of_owner("demo"), actor_of_owner("other"))
        _write(known | {"base_url": settings.BASE_URL, "ca_certificate": settings.TRUST_ANCHORS})
        self.stdout.write(f"The demonstration is described in {PATH}")


def _seed() -> dict[str, Any]:
    """Every step may have been done by a run that was interrupted; people get fresh names and passwords."""
    owner, owner_id = _person("demo-owner", "Ona Owner")
    member, member_id = _person("member", "Mantas Member")
    staff, staff_id = _person("staff", "Stasė Staff", staff=True)
    second_staff, _second_id = _person("second-staff", "Tomas Staff", staff=True)
    _other_owner, other_owner_id = _person("other-owner", "Olev Owner")
    _services()
    # The operator's own customer, whose certificate seals what the operator issues; nobody signs in to it.
    _customer("Sealport", settings.OPERATOR_CUSTOMER, "LT", staff_id, _OPERATOR, on_a_plan=False)
    demo = _customer("Demo UAB", "demo", "LT", owner_id, _VILNIUS)
    other = _customer("Other OÜ", "other", "EE", other_owner_id, _TALLINN)
    for person_id, role in ((owner_id, Role.OWNER), (member_id, Role.MEMBER)):
        with suppress(AlreadyMember):
            admit_member(actor=SEEDER, customer_id=demo.customer, person_id=person_id, role=role, now=clock.now())
    return {
        "customer": "demo",
        "owner": owner,
        "member": member,
        "staff": staff,
        "second_staff": second_staff,
        **_tokens_of(demo, other),
    }


def _services() -> None:
    offered = (
        ("training", "Training", "Two hours by video for up to ten people.", "once", Decimal("150.00")),
        ("priority-support", "Priority support", "An answer within two working hours.", "month", Decimal("49.00")),
    )
    for code, name, description, interval, amount in offered:
        with suppress(AddOnExists):
            publish_add_on(
                actor=SEEDER,
                code=code,
                name=name,
                description=description,
                interval=interval,
                amount=amount,
                now=clock.now(),
            )


def _tokens_of(demo: Actor, other: Actor) -> dict[str, Any]:
    """Tokens that may all that tokens may; new ones once this version knows a scope that those of before lack."""
    return {
        "api_token": _token(demo, live=True),
        "test_token": _token(demo, live=False),
        "other_customer": {"slug": "other", "api_token": _token(other, live=True)},
    }


def _customer(
    name: str, slug: str, country: str, owner_id: int, particulars: Particulars, *, on_a_plan: bool = True
) -> Actor:
    now = clock.now()
    with suppress(CustomerNameTaken):
        create_customer(
            actor=SEEDER,
            name=name,
            kind="legal_entity",
            country=country,
            owner_id=owner_id,
            plan_code=None,
            now=now,
            slug=slug,
            particulars=particulars,
        )
    owner = actor_of_owner(slug)
    provision_certificates(actor=SEEDER, customer_id=owner.customer, now=now)
    if on_a_plan:
        with suppress(AlreadySubscribed):
            start_subscription(actor=SEEDER, customer_id=owner.customer, plan_code="1", interval="month", now=now)
    return owner


def _person(name: str, full_name: str, *, staff: bool = False) -> tuple[dict[str, str], int]:
    email, password = f"{name}-{secrets.token_hex(2)}@example.org", secrets.token_urlsafe(12)
    person = register_person(actor=SEEDER, email=email, name=full_name, password=password, staff=staff, now=clock.now())
    return {"email": email, "password": password}, person.pk


def _token(owner: Actor, *, live: bool) -> str:
    name = "Demonstration" if live else "Demonstration, test mode"
    return create_api_token(actor=owner, name=name, live=live, scopes=TOKEN_SCOPES, now=clock.now())[1]


def _write(known: dict[str, Any]) -> None:
    PATH.touch(mode=0o600)
    PATH.write_text(json.dumps(known, indent=2) + "\n")
