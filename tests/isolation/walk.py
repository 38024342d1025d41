"""The stranger's walk: to every address as somebody who has no business there; each function tells the leaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.test import Client

from accounts.rules.permissions import PERMISSIONS
from tests.cast import Customers, Member
from tests.isolation.routes import API, PORTAL, POSTED, STAFF_PREFIX, UNOFFERED, Route, routes
from tests.isolation.world import API_ROUTES, INVENTED, NOBODY, World, bearer, told

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def strangers_in_the_portal(world: World, urlconf: str) -> list[str]:
    """Anonymous people are asked to sign in and strangers find nothing, whether the customer exists or not."""
    acme, leaks = world.cast.acme, []
    visitors = {"anonymous": (Client(), 302), "mallory": (world.cast.mallory.client(), 404)}
    for route in routes(urlconf):
        for name, (client, expected) in visitors.items():
            for method in METHODS:
                ask = getattr(client, method)
                there = told(ask(f"/c/{acme.slug}{route.path(**world.ids)}"), acme.slug, *world.ids.values())
                nowhere = told(ask(f"/c/{NOBODY}{route.path(**INVENTED)}"), NOBODY, *INVENTED.values())
                if there[0] != expected or there != nowhere:
                    leaks.append(f"{name} {method} {route.pattern}: {there[0]}, nowhere {nowhere[0]}")
    return leaks


def strangers_things(world: World, member: Member, ids: dict[str, str], found: Iterable[Route]) -> list[str]:
    """In one's own portal somebody else's thing is as little there as an invented one."""
    client, prefix, leaks = member.client(), member.url("").rstrip("/"), []
    for route in found:
        if not route.parameters:
            continue
        theirs = told(asked(client, route, ids, prefix), *ids.values())
        invented = told(asked(client, route, INVENTED, prefix), *INVENTED.values())
        if theirs[0] != 404 or theirs != invented:
            leaks.append(f"{route.pattern}: {theirs[0]}, invented {invented[0]}")
    return leaks


def asked(client: Client, route: Route, ids: dict[str, str], prefix: str = "", **named: Any) -> Any:
    """The answer to what is usually asked at that address."""
    method = "post" if route.pattern in POSTED else "get"
    return getattr(client, method)(f"{prefix}{route.path(**ids)}", **named)


def things_of_others_by_token(token: str, ids: dict[str, str], found: Iterable[Route] = tuple(API_ROUTES)) -> list[str]:
    """The API with a token whose customer, mode or maker has no right to `ids`."""
    client, leaks = Client(), []
    for route in found:
        if not route.parameters:
            continue
        theirs = told(asked(client, route, ids, headers=bearer(token)), *ids.values())
        invented = told(asked(client, route, INVENTED, headers=bearer(token)), *INVENTED.values())
        if theirs[0] != 404 or theirs != invented:
            leaks.append(f"{route.pattern}: {theirs[0]}, invented {invented[0]}")
    return leaks


def roles_without_permission(world: World, customers: Customers) -> list[str]:
    """Every role at every page: 403 exactly where its permissions do not reach."""
    leaks = []
    for role, permissions in PERMISSIONS.items():
        member = customers.member(world.cast.acme, role.title(), role)
        ids = world.ids
        for pattern, needed in PORTAL.items():
            route = Route(pattern)
            if pattern == "seal/upload/":
                continue  # only takes files: walked with one in test_isolation
            answer = asked(member.client(), route, ids, member.url("").rstrip("/"))
            status = answer.status_code
            if "no-store" not in answer["Cache-Control"]:
                leaks.append(f"{role} {pattern}: a cache may keep it")
            may = needed is None or needed in permissions
            hidden = set() if "seal.read_all" in permissions else {"seal_id", "batch_id"}
            hidden |= set() if "customer.manage" in permissions else {"notice_id"}
            sees = not hidden & set(route.parameters) and pattern not in UNOFFERED
            done = 302 if pattern in POSTED else 200
            expected = 403 if not may else done if sees else 404
            if status != expected:
                leaks.append(f"{role} {pattern}: {status}, expected {expected}")
    return leaks


def tokens_without_scope(world: World) -> list[str]:
    """A token reaches no further than its scopes, and nobody reaches anything without one."""
    leaks = []
    for pattern, needed in API.items():
        path = Route(pattern).path(**world.ids)
        method = "post" if pattern in POSTED else "get"
        without = world.cast.alice.token(scopes=frozenset({"seal.create", "usage.read"} - {needed}))
        requests = {
            "no token": ({}, 401),
            "a session": ({}, 401),
            "an invented token": (bearer("sp_live_invented"), 401),
            "a token in the address": ({}, 400),
            "a token without the scope": (bearer(without), 403),
        }
        for name, (headers, expected) in requests.items():
            client = world.cast.alice.client() if name == "a session" else Client()
            address = f"{path}?access_token={world.token}" if name == "a token in the address" else path
            if (status := getattr(client, method)(address, headers=headers).status_code) != expected:
                leaks.append(f"{name} {pattern}: {status}, expected {expected}")
        allowed = getattr(Client(), method)(path, headers=bearer(world.token))
        if "no-store" not in allowed["Cache-Control"]:
            leaks.append(f"{pattern}: a cache may keep it")
    return leaks


def secrets_in_answers(
    client: Client, prefix: str, found: Iterable[Route], secrets: set[str], **headers: str
) -> list[str]:
    """Addresses whose answer holds one of `secrets`."""
    leaks = []
    for route in found:
        if route.parameters:
            continue
        status, text, location = told(client.get(f"{prefix}{route.path()}", headers=headers))
        leaks += [f"{route.pattern} ({status}) tells {word}" for word in sorted(secrets) if word in text + location]
    return leaks


def staff_pages_open_to(client: Client, urlconf: str) -> list[str]:
    """Pages of the staff admin that answer somebody who is not staff."""
    leaks = []
    for route in routes(urlconf):
        if not route.pattern.startswith(STAFF_PREFIX) or "(?P" in route.pattern or route.pattern == "staff/logout/":
            continue
        address = route.path(**INVENTED, content_type_id="1", grant_id="grant_1")
        for method in ("get", "post"):
            answer = getattr(client, method)(address)
            entrance = answer.status_code in {301, 302} and "/login/" in answer.headers["Location"]
            if not (entrance or answer.status_code in {403, 404, 405}):
                leaks.append(f"{method} {route.pattern}: {answer.status_code}")
    return leaks
