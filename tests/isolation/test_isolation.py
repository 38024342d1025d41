"""A customer's things exist for that customer alone, at every address there is; others do not get even a hint."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.conf import settings
from django.test import Client, override_settings

from accounts.actions.end_membership import end_membership
from accounts.actions.suspend_member import suspend_member
from accounts.models import ApiToken
from kernel import clock
from kernel.api import encode_cursor
from sealing.formats.sample import sample_pdf
from tests.cast import Cast, Customers
from tests.isolation import walk
from tests.isolation.routes import routes, unclassified
from tests.isolation.world import (
    API_ROUTES,
    INVENTED,
    PORTAL_ROUTES,
    World,
    bearer,
    make_world,
    seal_exists,
    told,
)

PORTAL, PUBLIC = settings.CUSTOMER_URLCONF, settings.ROOT_URLCONF


@pytest.fixture
def world(sealing_cast: Cast, client: Client) -> World:
    return make_world(sealing_cast, client)


def test_every_address_has_a_rule() -> None:
    assert unclassified() == set()


def test_a_stranger_cannot_tell_a_customer_from_none(world: World) -> None:
    assert walk.strangers_in_the_portal(world, PORTAL) == []


def test_another_customers_things_are_as_absent_as_invented_ones(world: World) -> None:
    assert walk.strangers_things(world, world.cast.mallory, world.ids, PORTAL_ROUTES) == []
    assert walk.things_of_others_by_token(world.mallorys_token, world.ids) == []


def test_a_colleagues_seals_are_absent_without_the_permission_to_see_all(world: World) -> None:
    of_seals = [route for route in PORTAL_ROUTES if "seal_id" in route.parameters]
    assert walk.strangers_things(world, world.cast.bob, world.ids, of_seals) == []
    answer = world.cast.bob.client().get(world.cast.bob.url(f"documents/{world.seal_of_bob}/"))
    assert answer.status_code == 200


def test_a_test_token_knows_nothing_of_live_seals_and_certificates(world: World) -> None:
    of_both = {"membership_id", "invitation_id", "number"}  # people and invoices are the same for test and live
    found = [route for route in API_ROUTES if not of_both & set(route.parameters)]
    assert walk.things_of_others_by_token(world.test_token, world.ids, found) == []
    live = {world.seal, world.seal_of_bob, world.certificate}
    assert walk.secrets_in_answers(Client(), "", API_ROUTES, live, **bearer(world.test_token)) == []


def test_every_role_is_refused_exactly_where_its_permissions_end(world: World, customers: Customers) -> None:
    assert walk.roles_without_permission(world, customers) == []


def test_a_member_without_the_permission_cannot_seal(world: World) -> None:
    carol = world.cast.carol
    answer = carol.client().post(carol.url("seal/upload/"), {"file": BytesIO(sample_pdf())})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_token_reaches_no_further_than_its_scopes(world: World) -> None:
    assert walk.tokens_without_scope(world) == []


def test_no_list_shows_another_customers_rows(world: World) -> None:
    mallory = world.cast.mallory
    prefix = f"/c/{mallory.customer.slug}"
    assert walk.secrets_in_answers(mallory.client(), prefix, PORTAL_ROUTES, world.secrets) == []
    assert walk.secrets_in_answers(mallory.client(), "", routes(PUBLIC)[:4], world.secrets) == []
    assert walk.secrets_in_answers(Client(), "", API_ROUTES, world.secrets, **bearer(world.mallorys_token)) == []
    own = walk.secrets_in_answers(Client(), "", API_ROUTES, world.secrets, **bearer(world.token))
    assert any(world.seal in leak for leak in own), "the walk must be able to see what it looks for"


def test_a_form_cannot_act_on_another_customers_rows(world: World) -> None:
    mallory, client = world.cast.mallory, world.cast.mallory.client()
    token = ApiToken.objects.filter(customer=world.cast.acme)[0].id
    bob = world.cast.bob
    theirs = {"member": bob.membership.id, "invitation": world.invitation, "token": token}
    pages = {"revoke": "developers/tokens/", "withdraw": "people/", "resend": "people/"}
    for step in (*pages, "role", "suspend", "restore", "end", "visibility", "transfer"):
        page = pages.get(step, "people/{member}/")
        fields = {"action": step, "role": "owner", "sees": "all", "confirmed_email": bob.person.email}
        path = mallory.url(page.format(**theirs))
        answer = told(client.post(path, fields | theirs), *theirs.values())
        path = mallory.url(page.format(member="mem_invented"))
        invented = told(client.post(path, fields | dict.fromkeys(theirs, "mem_invented")), "mem_invented")
        assert answer[0] == 404, step
        assert answer == invented, step
    world.cast.bob.membership.refresh_from_db()
    assert (world.cast.bob.membership.role, world.cast.bob.membership.status) == ("member", "active")
    assert not ApiToken.objects.exclude(revoked_at=None).exists()


def test_the_status_of_named_seals_is_told_to_their_customer_only(world: World) -> None:
    mallory = world.cast.mallory
    ids = f"{world.seal},{world.mallorys_seal},{INVENTED['seal_id']}"
    items = mallory.client().get(mallory.url(f"seal/status/?ids={ids}")).json()["items"]
    assert [item["id"] for item in items] == [world.mallorys_seal]


def test_a_cursor_of_another_customer_opens_nothing(world: World) -> None:
    client = Client()
    api = "/api/v1/seals?cursor={}"
    for seal in (world.seal, world.mallorys_seal):
        cursor = encode_cursor(seal)
        items = client.get(api.format(cursor), headers=bearer(world.mallorys_token)).json()["items"]
        assert {item["id"] for item in items} <= {world.mallorys_seal}


def test_another_customers_certificate_cannot_be_sealed_with(world: World) -> None:
    answers = [
        told(
            Client().post(
                "/api/v1/seals",
                {"file": BytesIO(sample_pdf()), "certificate": certificate},
                headers=bearer(world.mallorys_token),
            ),
            certificate,
        )
        for certificate in (world.certificate, INVENTED["certificate_id"])
    ]
    assert answers[0][0] == 404
    assert answers[0] == answers[1]


def test_an_idempotency_key_of_another_customer_is_a_key_of_ones_own(world: World) -> None:
    ids = []
    for token in (world.token, world.mallorys_token):
        file = BytesIO(sample_pdf())
        file.name = "same.pdf"
        headers = bearer(token) | {"Idempotency-Key": "the-same-key"}
        answer = Client().post("/api/v1/seals", {"file": file}, headers=headers)
        assert answer.status_code == 202
        assert "Idempotent-Replayed" not in answer.headers
        ids.append(answer.json()["id"])
    assert ids[0] != ids[1]
    assert [seal_exists(world.cast.alice, found) for found in ids] == [True, False]
    assert [seal_exists(world.cast.mallory, found) for found in ids] == [False, True]


def test_usage_of_another_customers_member_is_not_counted(world: World) -> None:
    query = f"/api/v1/usage?member={world.cast.alice.membership.id}"
    asked, figures = (Client().get(path, headers=bearer(world.mallorys_token)) for path in (query, "/api/v1/usage"))
    assert (asked.status_code, asked.json()["code"]) == (422, "invalid_input")
    assert figures.json()["used"] == 1  # her own seal, and none of Acme's


def test_a_suspended_or_former_member_is_a_stranger(world: World) -> None:
    alice, bob, dave = world.cast.alice, world.cast.bob, world.cast.dave
    token = dave.token()
    suspend_member(actor=alice.actor, membership_id=bob.membership.id, now=clock.now())
    end_membership(actor=alice.actor, membership_id=dave.membership.id, now=clock.now())
    for member in (bob, dave):
        assert member.client().get(member.url("")).status_code == 404
    assert Client().get("/api/v1/usage", headers=bearer(token)).status_code == 401


def test_staff_pages_are_closed_to_everybody_else(world: World) -> None:
    assert walk.staff_pages_open_to(Client(), PUBLIC) == []
    assert walk.staff_pages_open_to(world.cast.alice.client(), PUBLIC) == []


@pytest.mark.parametrize("host", ["acme.example.org", "localhost:80@evil.example", "127.0.0.1.evil.example", "[::1"])
def test_a_host_that_is_not_ours_gets_nothing(cast: Cast, host: str) -> None:
    answer = cast.alice.client().get(cast.alice.url(""), headers={"Host": host})
    assert answer.status_code == 400
    assert cast.acme.name not in answer.content.decode()


@pytest.mark.parametrize(
    "slug", ["public", "information_schema", "pg_catalog", "acme','globex", "a" * 64, "ACME", "acme%0a"]
)
def test_an_address_that_names_no_customer_is_not_found(cast: Cast, slug: str) -> None:
    answer = cast.alice.client().get(f"/c/{slug}/")
    assert answer.status_code == 404


def test_no_spelling_of_an_address_leads_around_the_check(world: World) -> None:
    acme, globex = world.cast.acme.slug, world.cast.globex.slug
    addresses = [
        f"//c/{acme}/documents/",
        f"/C/{acme}/documents/",
        f"/c/{acme.upper()}/documents/",
        f"/c/{acme}//documents/",
        f"/c/{acme}%2Fdocuments/",
        f"/c/{globex}/../{acme}/documents/",
        f"/c/{globex}/c/{acme}/documents/",
        f"/c/{acme}/documents",
        f"/c/{acme}/documents/{world.seal}.json",
        f"/api/v1/seals/{world.seal}/",
        f"/api/v1/seals/{world.seal}.json",
        f"/api/v1/seals/{world.mallorys_seal}/../{world.seal}",
        "/documents/",
    ]
    disguises: list[dict[str, str]] = [
        {},
        {"SCRIPT_NAME": f"/c/{acme}"},
        {"HTTP_SCRIPT_NAME": f"/c/{acme}", "HTTP_X_FORWARDED_HOST": f"{acme}.localhost"},
        {"HTTP_X_HTTP_METHOD_OVERRIDE": "GET", "HTTP_X_ORIGINAL_URL": f"/c/{acme}/documents/"},
    ]
    client = world.cast.mallory.client()
    for address in addresses:
        for disguise in disguises:
            status, text, _location = told(
                client.get(address, HTTP_AUTHORIZATION=f"Bearer {world.mallorys_token}", **disguise)
            )
            assert status in {301, 302, 400, 404}, (address, disguise)
            assert not [word for word in (world.seal_of_bob, "acme-contract", world.certificate) if word in text]


# --- The walk itself ------------------------------------------------------------------------------------------------


def test_a_new_address_without_a_rule_is_reported() -> None:
    assert unclassified(public="tests.isolation.planted_public") == {"export/<str:customer>/"}
    assert unclassified(customer="tests.isolation.planted_portal") == {"backdoor/<str:seal_id>/"}


def test_a_planted_hole_is_found(world: World) -> None:
    with override_settings(CUSTOMER_URLCONF="tests.isolation.planted_portal"):
        leaks = walk.strangers_things(world, world.cast.mallory, world.ids, routes("tests.isolation.planted_portal"))
    assert leaks == ["backdoor/<str:seal_id>/: 200, invented 404"]
