"""No staff see what is a customer's without a grant, and with one only what it names, in the customer's sight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib import admin
from django.core import mail
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import include, path

from accounts.actions.decide_access import decide_access
from accounts.actions.offer_access import offer_access
from accounts.actions.take_up_access import take_up_access
from accounts.models import AccessGrant, AccessRead, Notice
from accounts.queries.audit_words import sentence
from accounts.rules.staff_roles import StaffRole
from kernel import clock, runner, vault
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.models import AuditEntry
from kernel.reading import NoGrant
from kernel.tenancy.context import customer_schema
from portal import urls
from sealing.formats.sample import sample_pdf
from sealing.models import Document
from tests.cast import Cast
from tests.isolation.routes import STAFF_PREFIX, routes
from tests.staff import Staff, staff_person

NAME = "acme-contract.pdf"


@pytest.fixture
def sam(db: None) -> Staff:
    return staff_person("Sam", StaffRole.SUPPORT)


@pytest.fixture
def tess(db: None) -> Staff:
    return staff_person("Tess", StaffRole.SUPERVISOR)


@pytest.fixture
def seals(sealing_cast: Cast) -> tuple[str, str, str]:
    """A sealed document of Acme, one of Globex, and another of Acme."""
    found = []
    for member in (sealing_cast.alice, sealing_cast.mallory, sealing_cast.alice):
        file = BytesIO(sample_pdf())
        file.name = NAME
        answer = member.client().post(member.url("seal/upload/"), {"file": file, "reference": "secret-reference"})
        assert answer.status_code == 202, answer.content
        found.append(answer.json()["id"])
    runner.drain()
    return found[0], found[1], found[2]


def granted(
    cast: Cast, sam: Staff, tess: Staff, *seal_ids: str, with_content: bool = True, with_trail: bool = False
) -> AccessGrant:
    """Alice asked, Sam wants to, Tess agreed; two hours."""
    now = clock.now()
    how = {"with_content": with_content, "with_trail": with_trail}
    grant = offer_access(actor=cast.alice.actor, purpose="It fails", seal_ids=seal_ids, **how, hours=2, now=now)
    take_up_access(actor=sam.actor, grant_id=grant.id, ticket="T-1", now=now)
    return decide_access(actor=tess.actor, grant_id=grant.id, approved=True, now=now)


def body(answer: HttpResponse | StreamingHttpResponse) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


# --- With a grant -----------------------------------------------------------------------------------------------------


def test_from_the_customers_wish_to_the_look_and_its_end_all_in_the_customers_sight(
    sealing_cast: Cast, seals: tuple[str, str, str], sam: Staff, tess: Staff
) -> None:
    alice, browser, seal = sealing_cast.alice, sealing_cast.alice.client(), seals[0]
    settings = alice.url("settings/access/")
    asked = {"action": "offer", "purpose": "It fails", "scope": "named", "documents": seal, "content": "content"}
    assert browser.post(settings, asked | {"hours": "2"}).status_code == 302
    grant = AccessGrant.objects.get()
    buttons = f"/staff/accounts/accessgrant/{grant.id}"
    reason = {"reason": "She asked", "ticket": "T-1"}

    assert sam.client.get(f"/staff/support/{grant.id}/").status_code == 404  # nobody has asked for it yet
    assert sam.client.post(f"{buttons}/take-up/", reason).status_code == 302
    assert sam.client.get(f"/staff/support/{grant.id}/").status_code == 403
    assert sam.client.post(f"{buttons}/approve/", reason).status_code == 403
    assert tess.client.post(f"{buttons}/approve/", reason).status_code == 302
    page = sam.client.get(f"/staff/support/{grant.id}/").content.decode()
    assert "Support view of Acme: read only, until" in page
    assert NAME in page
    document = sam.client.get(f"/staff/support/{grant.id}/{seal}/").content.decode()
    assert "secret-reference" in document
    assert body(sam.client.get(f"/staff/support/{grant.id}/{seal}/content/")).startswith(b"%PDF")

    shown = browser.get(settings).content.decode()
    assert "Sam" in shown
    assert shown.count(seal) >= 3
    entries = AuditEntry.objects.filter(customer_id=alice.customer.id, action="document.read_by_staff").order_by("id")
    assert [(each.subject, payload_of(each).details["page"], payload_of(each).actor_name) for each in entries] == [
        ("", "list", "Sam"),
        (seal, "document", "Sam"),
        (seal, "content", "Sam"),
    ]
    told = [sentence(each.action, who="Sam", subject=each.subject, facts={}) for each in entries]
    opened = f"Sam of staff opened a page of the document {seal}"
    assert told == ["Sam of staff opened the list of documents", opened, opened]

    assert browser.post(settings, {"action": "revoke", "grant": grant.id}).status_code == 302
    over = sam.client.get(f"/staff/support/{grant.id}/")
    assert over.status_code == 403
    assert NAME not in over.content.decode()
    kinds = list(Notice.objects.filter(customer=alice.customer).order_by("at", "id").values_list("kind", flat=True))
    assert kinds == ["access.requested", "access.granted", "access.used", "access.ended"]
    runner.drain()
    assert [letter.subject for letter in mail.outbox if alice.person.email in letter.to and "Staff" in letter.subject]


def test_the_audit_trail_opens_only_with_a_grant_that_names_it_and_each_look_is_in_it(
    sealing_cast: Cast, seals: tuple[str, str, str], sam: Staff, tess: Staff
) -> None:
    alice = sealing_cast.alice
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # entries are linked at once, as at a commit
    assert "Alice" in alice.client().get(alice.url("audit/")).content.decode()  # now this process has derived the keys
    without = granted(sealing_cast, sam, tess, seals[0])
    assert "/trail/" not in sam.client.get(f"/staff/support/{without.id}/").content.decode()
    assert sam.client.get(f"/staff/support/{without.id}/trail/").status_code == 403
    assert not AccessRead.objects.filter(page="trail").exists()

    offer = {"action": "offer", "purpose": "Who did it?", "scope": "all", "content": "names", "hours": "1"}
    assert alice.client().post(alice.url("settings/access/"), offer | {"trail": "on"}).status_code == 302
    offered = AccessGrant.objects.get(purpose="Who did it?")
    take_up_access(actor=sam.actor, grant_id=offered.id, ticket="T-2", now=clock.now())
    decide_access(actor=tess.actor, grant_id=offered.id, approved=True, now=clock.now())
    trail = f"/staff/support/{offered.id}/trail/"
    page = sam.client.get(trail).content.decode()
    assert "Alice" in page
    assert "Who did it?" in page
    assert seals[1] not in page  # of another customer
    about = sam.client.get(f"{trail}?named={seals[0]}").content.decode()
    assert seals[0] in about
    assert seals[2] not in about
    assert sam.client.get(f"{trail}?cursor=zzz").status_code == 200
    assert tess.client.get(trail).status_code in {403, 404}
    told = [payload_of(each) for each in AuditEntry.objects.filter(action="access.trail_read").order_by("id")]
    assert [(each.actor_name, each.details) for each in told] == [("Sam", {"grant": offered.id, "page": "trail"})] * 3
    assert "the audit trail" in alice.client().get(alice.url("settings/access/")).content.decode()
    assert alice.client().post(alice.url("settings/access/"), {"action": "revoke", "grant": offered.id})
    assert sam.client.get(trail).status_code == 403


def test_a_grant_names_its_documents_and_opens_no_other_and_nothing_of_another_customer(
    sealing_cast: Cast, seals: tuple[str, str, str], sam: Staff, tess: Staff
) -> None:
    grant = granted(sealing_cast, sam, tess, seals[0], with_content=False)
    view = f"/staff/support/{grant.id}"
    assert seals[2] not in sam.client.get(f"{view}/").content.decode()
    before = AccessRead.objects.count()
    assert sam.client.get(f"{view}/{seals[2]}/").status_code == 404
    for of_another_customer in (f"{view}/{seals[1]}/", f"{view}/{seals[1]}/content/"):
        assert sam.client.get(of_another_customer).status_code == 404
    assert sam.client.get(f"{view}/seal_invented/").status_code == 404
    assert AccessRead.objects.count() == before
    assert sam.client.get(f"{view}/{seals[0]}/content/").status_code == 403
    assert sam.client.get(f"{view}/{seals[0]}/").status_code == 200


def test_a_grant_that_ends_stops_the_next_page_and_nobody_elses_session_can_use_it(
    sealing_cast: Cast, seals: tuple[str, str, str], sam: Staff, tess: Staff
) -> None:
    grant = granted(sealing_cast, sam, tess)
    view = f"/staff/support/{grant.id}/"
    assert sam.client.get(view).status_code == 200
    assert tess.client.get(view).status_code == 403  # may approve, may not look
    chief = staff_person("Charlie", StaffRole.CHIEF)
    assert chief.client.get(view).status_code == 404
    assert sealing_cast.alice.client().get(view).status_code == 302  # to the entrance
    for method in ("post", "put", "patch", "delete"):
        assert getattr(sam.client, method)(view).status_code == 405
    now = clock.now()
    AccessGrant.objects.update(starts_at=now - timedelta(hours=2), ends_at=now)
    answer = sam.client.get(view)
    assert answer.status_code == 403
    assert NAME not in answer.content.decode()
    wide = granted(sealing_cast, sam, tess)
    for of_another_customer in (f"{seals[1]}/", f"{seals[1]}/content/"):
        assert sam.client.get(f"/staff/support/{wide.id}/{of_another_customer}").status_code == 404
    sam.person.groups.clear()
    for address in (f"/staff/support/{wide.id}/", "/staff/accounts/accessgrant/by-order/"):
        assert sam.client.get(address).status_code == 403
    assert tess.client.get("/staff/accounts/accessgrant/by-order/").status_code == 403


def test_a_file_that_is_being_sent_breaks_off_when_the_grant_ends(
    sealing_cast: Cast, seals: tuple[str, str, str], sam: Staff, tess: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = granted(sealing_cast, sam, tess)
    answer = sam.client.get(f"/staff/support/{grant.id}/{seals[0]}/content/")
    later = clock.now() + timedelta(hours=2, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(NoGrant):
        body(answer)


# --- Without a grant: nothing decrypts, whatever the page -------------------------------------------------------------


@pytest.fixture
def decrypted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose keys the vault has handed out."""
    used: list[str] = []
    original = vault._customer_key

    def watched(customer_id: str, *, for_seconds: float = 0.0) -> bytes:
        key = original(customer_id, for_seconds=for_seconds)
        used.append(customer_id)
        return key

    monkeypatch.setattr(vault, "_customer_key", watched)
    return used


def test_no_page_of_the_staff_admin_decrypts_anything(
    sealing_cast: Cast, seals: tuple[str, str, str], decrypted: list[str]
) -> None:
    chief = staff_person("Charlie", StaffRole.CHIEF)
    opened = 0
    for model, of in admin.site._registry.items():
        place = f"/staff/{model._meta.app_label}/{model._meta.model_name}/"
        answers = [chief.client.get(place)]
        rows = model._default_manager.all()[:1]
        answers += [chief.client.get(f"{place}{row.pk}/change/") for row in rows]
        for answer in answers:
            assert answer.status_code == 200, answer.request["PATH_INFO"]
            assert NAME not in body(answer).decode("latin-1")
            assert b"secret-reference" not in body(answer) if not answer.streaming else True
            opened += 1
        assert of is not None
    assert opened > 40
    assert decrypted == []


def _reads_a_name(request: HttpRequest, customer_id: str) -> HttpResponse:
    with customer_schema(customer_id):
        document = Document.objects.all()[0]
        context = f"document/{document.id}/name"
        return HttpResponse(vault.decrypt_text(customer_id, context, bytes(document.encrypted_name)))


def _streams_a_file(request: HttpRequest, customer_id: str) -> StreamingHttpResponse:
    with customer_schema(customer_id):
        name = Document.objects.all()[0].object_name or ""
    return StreamingHttpResponse(part for part in vault.read_object(customer_id, name))


def _streams_a_file_later(request: HttpRequest, customer_id: str) -> StreamingHttpResponse:
    """The vault is asked only when the answer is being sent, after the middleware has let go of the request."""
    with customer_schema(customer_id):
        name = Document.objects.all()[0].object_name or ""

    def parts() -> Iterator[bytes]:
        yield from vault.read_object(customer_id, name)

    return StreamingHttpResponse(parts())


def _finds_by_name(request: HttpRequest, customer_id: str) -> HttpResponse:
    return HttpResponse(vault.blind_index(customer_id, "reference", "secret-reference"))


def _reads_the_trail(request: HttpRequest, customer_id: str) -> HttpResponse:
    """What it decrypts with was derived before, for a page of the customer's: the vault is not asked again."""
    return HttpResponse(payload_of(AuditEntry.objects.filter(customer_id=customer_id)[0]).actor_name)


PLANTED = {
    "trail": _reads_the_trail,
    "name": _reads_a_name,
    "file": _streams_a_file,
    "later": _streams_a_file_later,
    "index": _finds_by_name,
}
urlpatterns = [
    *(path(f"staff/planted/{name}/<str:customer_id>/", view) for name, view in PLANTED.items()),
    *(path(f"planted/{name}/<str:customer_id>/", view) for name, view in PLANTED.items()),
    path("", include(urls)),
]


def test_a_page_of_staff_that_asks_the_vault_by_itself_is_refused(
    sealing_cast: Cast, seals: tuple[str, str, str], sam: Staff, tess: Staff
) -> None:
    granted(sealing_cast, sam, tess)  # an open grant opens the support view and no other page
    sam.client.raise_request_exception = False
    with override_settings(ROOT_URLCONF=__name__):
        for name in PLANTED:
            outside = sam.client.get(f"/planted/{name}/{sealing_cast.acme.id}/")
            assert outside.status_code == 200, name
            assert body(outside), "the planted page would work, if it were not staff's"
            inside = sam.client.get(f"/staff/planted/{name}/{sealing_cast.acme.id}/")
            if inside.streaming:
                with pytest.raises(NoGrant):
                    body(inside)
            else:
                assert inside.status_code == 403, name


def test_the_walk_over_staff_pages_knows_those_of_the_support_view() -> None:
    patterns = {route.pattern for route in routes("portal.urls") if route.pattern.startswith(f"{STAFF_PREFIX}support/")}
    assert patterns == {
        "staff/support/<str:grant_id>/",
        "staff/support/<str:grant_id>/trail/",
        "staff/support/<str:grant_id>/<str:seal_id>/",
        "staff/support/<str:grant_id>/<str:seal_id>/content/",
    }


def test_an_actor_of_the_support_view_may_only_read() -> None:
    actor = Actor.support(person_id="1", name="Sam", customer_id="cus_acme", only=None, reason="grant_1")
    may = {"seal.read", "seal.read_all"}
    everything = {"seal.create", "seal.manage_all", "member.manage", "customer.suspend", "access.grant", *may}
    assert {each for each in everything if actor.may(each)} == may


# --- The second step --------------------------------------------------------------------------------------------------


def test_staff_without_a_second_step_are_led_to_set_one_up(db: None, sam: Staff) -> None:
    from allauth.mfa.models import Authenticator

    with override_settings(STAFF_SECOND_STEP_REQUIRED=True):
        for address in ("/staff/", "/staff/accounts/customer/", "/staff/support/grant_1/"):
            answer = sam.client.get(address)
            assert (answer.status_code, answer.headers["Location"]) == (302, "/account/2fa/")
        Authenticator.objects.create(user=sam.person, type=Authenticator.Type.RECOVERY_CODES, data={})
        assert sam.client.get("/staff/").status_code == 302
        Authenticator.objects.create(user=sam.person, type=Authenticator.Type.TOTP, data={})
        assert sam.client.get("/staff/").status_code == 200
    Authenticator.objects.all().delete()
    assert sam.client.get("/staff/").status_code == 200
