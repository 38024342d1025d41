"""Requests about personal data in pages: for members, for strangers, for customers, and for staff."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts.models import Membership
from accounts.rules.staff_roles import StaffRole
from kernel import clock, runner
from privacy.actions._rights import status_secret
from privacy.actions.lift_restriction import lift_restriction
from privacy.actions.seal_rights_answer import seal_rights_answer
from privacy.models import ForwardedRequest, RightsRequest
from privacy.rules.rights import REQUESTS_PER_MINUTE, due_on
from tests.cast import Cast
from tests.second_opinions import assert_validly_sealed
from tests.staff import staff_person

FORM = {"kind": "access", "name": "Ona", "country": "LV", "message": "My words", "website": ""}


@pytest.fixture
def client() -> Client:
    """From an address of its own: requests are counted for each, of all tests together."""
    return Client(HTTP_HOST="localhost", REMOTE_ADDR=f"198.51.100.{secrets.randbelow(250) + 1}")


def link_in(text: str, part: str) -> str:
    """The path of the first link of a mail that goes below `part`."""
    found = re.search(rf"https?://[^/]+({part}\S*)", text)
    assert found, text
    return found[1]


def main_of(content: bytes) -> str:
    """What a page says, without what is another in each answer."""
    text = content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def test_a_stranger_asks_confirms_follows_and_withdraws(client: Client, db: None) -> None:
    assert re.search(r'value="erasure"[^>]*checked', client.get("/privacy/request/?kind=erasure").content.decode())
    assert client.post("/privacy/request/", FORM | {"email": "ona"}).status_code == 422
    for field in ("message", "name", "email", "website"):
        assert client.post("/privacy/request/", FORM | {field: "a\0@example.org"}).status_code == 422
    answer = client.post("/privacy/request/", FORM | {"email": "Ona@example.org"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/privacy/request/sent/")
    assert "rgt_" not in client.get("/privacy/request/sent/").content.decode()
    row = RightsRequest.objects.get()
    assert row.due_on == due_on(clock.legal_date(row.received_at))
    runner.drain()
    letter = mail.outbox[-1].body
    confirm, status = link_in(letter, "/privacy/request/confirm/"), f"/privacy/request/{status_secret(row.id)}/"
    assert status in letter
    assert "My words" not in letter
    assert "open the link in our mail" in client.get(status).content.decode()
    asking = client.get(confirm).content.decode()
    assert "Yes, the request is mine" in asking
    assert "My words" in asking  # nobody confirms what they have not seen
    row.refresh_from_db()
    assert row.identity_at is None  # looking shows nothing
    assert client.post(confirm).headers["Location"] == status
    assert client.post(confirm).status_code == 410
    page = client.get(status).content.decode()
    assert "It is being prepared" in page
    assert "My words" in page
    assert client.get(f"{status}answer.pdf").status_code == 404
    assert client.post(status, {"action": "forget"}).status_code == 404
    client.post(status, {"action": "withdraw"})
    assert RightsRequest.objects.get().state == "withdrawn"
    assert client.get("/privacy/request/unknown/").status_code == 404


@pytest.mark.usefixtures("one_minute")
def test_no_answer_tells_whether_an_address_is_known(client: Client, cast: Cast) -> None:
    known, unknown = cast.alice.person.email, "nobody-knows@example.org"
    pages: dict[str, list[str]] = {}
    for email in (known, unknown):
        for _again in range(2):
            answer = client.post("/privacy/request/", FORM | {"email": email})
            after = client.get(answer.headers["Location"])
            pages.setdefault(email, []).append(
                f"{answer.status_code} {answer.headers['Location']} {main_of(after.content)}"
            )
    assert len({page for each in pages.values() for page in each}) == 1
    runner.drain()
    letters: dict[str, list[str]] = {}
    for sent in mail.outbox:
        if "request about personal data" in sent.subject:
            body = re.sub(r"/privacy/request/\S+|R-\d+-\d+", "", f"{sent.subject} {sent.body}")
            letters.setdefault(sent.to[0], []).append(body)
    assert letters[known] == letters[unknown]
    trapped = client.post("/privacy/request/", FORM | {"email": "trap@example.org", "website": "https://spam.example"})
    assert trapped.headers["Location"] == "/privacy/request/sent/"
    assert RightsRequest.objects.count() == 2
    answers = [client.post("/privacy/request/", FORM | {"email": known}) for _each in range(REQUESTS_PER_MINUTE)]
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_a_member_asks_objects_and_withdraws_even_when_suspended(cast: Cast) -> None:
    Membership.objects.filter(pk=cast.bob.membership.pk).update(status="suspended")
    stale, fresh = cast.bob.client(), cast.bob.confirmed()
    asked = {"action": "ask", "kind": "erasure", "message": "Everything"}
    assert "/account/" in stale.post("/account/privacy/", asked).headers["Location"]
    assert not RightsRequest.objects.exists()
    assert fresh.post("/account/privacy/", {"action": "ask"}).status_code == 422
    assert fresh.post("/account/privacy/", {"action": "love"}).status_code == 404
    place = fresh.post("/account/privacy/", asked).headers["Location"]
    row = RightsRequest.objects.get()
    assert (place, row.person_id) == (f"/account/privacy/{row.id}/", cast.bob.person.pk)
    assert fresh.post("/account/privacy/", asked).headers["Location"] == place  # it is open, and has these words
    assert RightsRequest.objects.get().message == "Everything"
    assert "at the latest" in fresh.get(place).content.decode()
    assert row.number in fresh.get("/account/privacy/").content.decode()
    assert cast.carol.client().get(place).status_code == 404
    assert cast.carol.client().get(f"{place}answer.pdf").status_code == 404
    assert Client(HTTP_HOST="localhost").get("/account/privacy/").status_code == 302
    fresh.post(place, {"action": "withdraw"})
    row.refresh_from_db()
    assert row.state == "withdrawn"
    stale.post("/account/privacy/", {"action": "object"})  # no password is asked for: it has to be easy
    assert "because you object" in stale.get("/account/privacy/").content.decode()
    runner.drain()
    assert f"/privacy/request/{status_secret(row.id)}/" in mail.outbox[0].body  # where nobody can sign in any more


def test_a_customer_answers_what_is_its_own_and_the_requester_learns_nothing_of_it(client: Client, cast: Cast) -> None:
    bob = cast.bob.person
    client.post("/privacy/request/", FORM | {"kind": "restriction", "email": bob.email, "about_documents": "on"})
    runner.drain()
    confirm = link_in(next(each.body for each in mail.outbox if each.to == [bob.email]), "/privacy/request/confirm/")
    place = client.post(confirm).headers["Location"]
    forwarded = ForwardedRequest.objects.get()
    assert forwarded.customer_id == cast.acme.id
    runner.drain()
    (told,) = [each for each in mail.outbox if each.to == [cast.alice.person.email] and "personal data" in each.subject]
    assert bob.email not in told.body
    page = client.get(place).content.decode()
    assert cast.acme.name not in page
    assert forwarded.id not in page
    url = cast.alice.url("privacy/requests/")
    alice = cast.alice.client()
    shown = alice.get(url).content.decode()
    assert all(part in shown for part in (bob.email, "My words", "days left"))
    assert "Nobody waits for you" in cast.mallory.client().get(cast.mallory.url("privacy/requests/")).content.decode()
    assert cast.bob.client().get(cast.bob.url("privacy/requests/")).status_code == 403
    closing = {"action": "answered", "request": forwarded.id, "note": "Told by phone"}
    assert cast.mallory.client().post(cast.mallory.url("privacy/requests/"), closing).status_code == 404
    assert alice.post(url, closing).status_code == 302
    assert alice.post(url, closing | {"action": "dismissed"}).status_code == 302  # with a message: it is closed
    forwarded.refresh_from_db()
    assert (forwarded.state, forwarded.note) == ("answered", "Told by phone")
    assert main_of(client.get(place).content) == main_of(page.encode())


def test_a_supervisor_works_at_the_desk_and_support_only_looks(client: Client, cast: Cast) -> None:
    sam, tess = staff_person("Sam", StaffRole.SUPPORT).client, staff_person("Tess", StaffRole.SUPERVISOR).client
    owner = cast.alice.confirmed()
    owner.post("/account/privacy/", {"action": "ask", "kind": "erasure", "message": ""})
    row = RightsRequest.objects.get()
    late = RightsRequest.objects.create(
        number="R-1",
        kind="access",
        state="scoped",
        email="late@example.org",
        language="en",
        secret_hash="1" * 64,
        received_at=row.received_at - timedelta(days=40),
        due_on=row.due_on - timedelta(days=40),
    )
    desk = "/staff/privacy/rightsrequest/"
    listed = tess.get(desk).content.decode()
    assert listed.index(late.number) < listed.index(row.number)
    assert "OVERDUE by" in listed
    assert "days left" in listed
    assert sam.get(f"{desk}{row.id}/change/").status_code == 200
    given: dict[str, str] = {"reason": "Her wish"}
    for step in ("scope", "start", "answer", "extend", "forward", "refuse"):
        assert sam.post(f"{desk}{row.id}/{step}/", given).status_code == 403
    assert tess.post(f"{desk}{row.id}/start/", given).status_code == 403  # not before it is scoped
    assert tess.post(f"{desk}{row.id}/scope/", given | {"scope": "Her account"}).status_code == 302
    assert tess.post(f"{desk}{row.id}/start/", given).status_code == 302
    assert tess.post(f"{desk}{late.id}/extend/", given | {"reasons": "Many"}).status_code == 403  # too late
    form = tess.get(f"{desk}{row.id}/answer/").content.decode()
    chosen = dict(re.findall(r'name="class_(\w+)".*?<option value="(\w+)" selected', form, re.DOTALL))
    assert (chosen["person"], chosen["bookkeeping"], chosen["content"]) == ("erased", "kept", "of_customers")
    answer = given | {"answer": "It is done."} | {f"class_{key}": value for key, value in chosen.items()}
    assert tess.post(f"{desk}{row.id}/answer/", answer).status_code == 302
    page = owner.get(f"/account/privacy/{row.id}/").content.decode()
    for words in ("It is done.", "Kept for now", "Art. 17 (3) (b)", "at the latest", "Valstybinė duomenų"):
        assert words in page
    runner.drain()
    assert "is not in this mail" in mail.outbox[-1].body


def test_who_has_a_restriction_sees_what_it_means_and_when_it_ends(cast: Cast) -> None:
    sam, tess = staff_person("Sam", StaffRole.SUPPORT).client, staff_person("Tess", StaffRole.SUPERVISOR).client
    carol, given = cast.carol.confirmed(), {"reason": "Her wish"}
    carol.post("/account/privacy/", {"action": "ask", "kind": "restriction", "message": "It is disputed."})
    again = carol.post("/account/privacy/", {"action": "ask", "kind": "restriction", "message": "Since May."})
    row = RightsRequest.objects.get()
    page = carol.get(again.headers["Location"]).content.decode()
    assert "what you wrote was added to it" in page
    assert "Since May." in page
    desk = f"/staff/privacy/rightsrequest/{row.id}"
    for step, more in (("scope", {"scope": "All"}), ("start", {})):
        tess.post(f"{desk}/{step}/", given | more)
    form = tess.get(f"{desk}/answer/").content.decode()
    chosen = dict(re.findall(r'name="class_(\w+)".*?<option value="(\w+)" selected', form, re.DOTALL))
    assert (chosen["person"], chosen["activity"]) == ("restricted", "kept")
    assert tess.post(f"{desk}/end-restriction/", given | {"reasons": "Early"}).status_code == 403
    tess.post(f"{desk}/answer/", given | {"answer": "Yes."} | {f"class_{key}": each for key, each in chosen.items()})
    for place in ("/account/privacy/", f"/account/privacy/{row.id}/", "/account/erase/"):
        page = carol.get(place).content.decode()
        assert "your data are kept and not used" in page
        assert "We write to you a week before that ends" in page
    assert "Erase my account" not in carol.get("/account/erase/").content.decode()  # it would promise a day
    assert sam.post(f"{desk}/end-restriction/", given | {"reasons": "Why"}).status_code == 403
    assert tess.post(f"{desk}/end-restriction/", given | {"reasons": "It is settled."}).status_code == 302
    runner.drain()
    assert "It is settled." in carol.get(f"/account/privacy/{row.id}/").content.decode()
    assert "That ends on" in carol.get("/account/privacy/").content.decode()
    assert tess.get(f"{desk}/change/").status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=7), tick=False):
        lift_restriction(request_id=row.id, now=clock.now())
    assert "were kept and not used from" in cast.carol.confirmed().get(f"/account/privacy/{row.id}/").content.decode()
    assert "kept and not used" not in cast.carol.confirmed().get("/account/privacy/").content.decode()


def test_an_answer_is_a_pdf_with_the_operators_seal(
    client: Client, sealing_cast: Cast, settings: Any, tmp_path: Path
) -> None:
    settings.OPERATOR_CUSTOMER = sealing_cast.acme.slug
    carol = sealing_cast.carol.client()
    carol.post("/account/privacy/", {"action": "object"})
    row = RightsRequest.objects.get()
    seal_rights_answer(request_id=row.id, clock=clock.database_clock())
    row.refresh_from_db()
    first = row.answer_sha256
    seal_rights_answer(request_id=row.id, clock=clock.database_clock())
    row.refresh_from_db()
    assert row.answer_sha256 == first
    answer = carol.get(f"/account/privacy/{row.id}/answer.pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row.number}.pdf"'
    path = tmp_path / "answer.pdf"
    path.write_bytes(answer.content)
    assert_validly_sealed(path)
    by_secret = client.get(f"/privacy/request/{status_secret(row.id)}/answer.pdf")
    assert by_secret.headers["Location"] == f"/account/privacy/{row.id}/answer.pdf", (
        "who signed in to ask signs in to read"
    )


def test_who_has_the_mailbox_alone_sees_nothing_of_what_a_sign_in_has_shown(client: Client, cast: Cast) -> None:
    """The mail to the address came before: its secret would lead past a second step to the copy."""
    client.post("/privacy/request/", FORM | {"email": cast.bob.person.email})
    status = f"/privacy/request/{status_secret(RightsRequest.objects.get().id)}/"
    assert client.get(status).status_code == 200
    place = cast.bob.confirmed().post("/account/privacy/", {"action": "ask", "kind": "access"}).headers["Location"]
    for path, own in ((status, place), (f"{status}answer.pdf", f"{place}answer.pdf")):
        assert client.get(path).headers["Location"] == own
    assert "/account/" in client.get(place).headers["Location"]
    client.post(status, {"action": "withdraw"})
    assert RightsRequest.objects.get().closed_at is None
