"""The doors to documents: what the list shows and exports, and what forms and programs may ask for."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock, runner
from kernel.clock import legal_date
from kernel.tenancy.context import customer_schema
from sealing.actions.create_label import create_label
from sealing.formats.sample import sample_pdf
from sealing.models import SealLabel
from tests.cast import Cast, Member


def order(token: str, name: str, reference: str = "") -> str:
    file = io.BytesIO(sample_pdf())
    file.name = name
    answer = Client().post("/api/v1/seals", {"file": file, "reference": reference}, headers=bearer(token))
    assert answer.status_code == 202, answer.content
    identifier: str = answer.json()["id"]
    return identifier


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def call(method: str, path: str, token: str, body: Any = None) -> Any:
    send = getattr(Client(), method)
    return send(f"/api/v1/{path}", body, content_type="application/json", headers=bearer(token))


def label(member: Member, name: str) -> str:
    with customer_schema(member.customer.id):
        return create_label(actor=member.actor, name=name, now=clock.now())


def test_programs_label_find_and_delete_their_documents(sealing_cast: Cast) -> None:
    token = sealing_cast.alice.token()
    invoice, contract = order(token, "Invoice 7.pdf", "PO-1"), order(token, "Contract.pdf")

    made = call("post", "labels", token, {"name": "Invoices"})
    assert made.status_code == 201
    assert call("post", "labels", token, {"name": "INVOICES"}).json()["code"] == "label_exists"
    assert call("get", "labels", token).json() == {"items": [made.json()], "next": None}
    changed = call("patch", f"seals/{invoice}", token, {"labels": [made.json()["id"]]})
    assert changed.json()["labels"] == [made.json()]
    assert [each["id"] for each in call("get", f"seals?label={made.json()['id']}", token).json()["items"]] == [invoice]
    assert [each["id"] for each in call("get", "seals?search=contr", token).json()["items"]] == [contract]
    assert call("patch", f"seals/{invoice}", token, {"labels": []}).json()["labels"] == []

    assert call("delete", f"seals/{invoice}", token).json()["code"] == "seal_in_progress"
    runner.drain()
    assert call("get", "storage", token).json()["seals"] == 2
    for _again in range(2):
        assert call("delete", f"seals/{invoice}", token).status_code == 204
    gone = call("get", f"seals/{invoice}", token).json()
    assert (gone["status"], gone["document"], gone["documents"], gone["reference"]) == ("sealed", None, [], "")
    assert gone["deleted_at"]
    assert "content" not in gone["links"]
    content = call("get", f"seals/{invoice}/content", token)
    assert (content.status_code, content.json()["code"]) == (410, "document_deleted")
    assert [each["id"] for each in call("get", "seals", token).json()["items"]] == [contract]


@pytest.mark.parametrize(
    "body", [[], {"labels": "lbl"}, {"labels": [1]}, {"labels": ["a\0b"]}, {"labels": [], "live": True}, {}]
)
def test_a_change_that_is_none_is_refused_by_name(sealing_cast: Cast, body: Any) -> None:
    token = sealing_cast.alice.token()
    answer = call("patch", f"seals/{order(token, 'a.pdf')}", token, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["errors"]


def test_nobody_elses_document_label_or_member_can_be_named(sealing_cast: Cast) -> None:
    acme, mallory, bob = sealing_cast.alice, sealing_cast.mallory, sealing_cast.bob
    theirs, hers = order(acme.token(), "a.pdf"), order(mallory.token(), "m.pdf")
    their_label, her_label = label(acme, "Acme's"), label(mallory, "Hers")
    browser, token = mallory.client(), mallory.token()

    for seal, marked in (
        (theirs, her_label),
        (hers, their_label),
        (hers, "lbl_invented"),
        ("seal_invented", her_label),
    ):
        posted = browser.post(mallory.url("documents/labels/"), {"seal": seal, "on": marked, "action": "apply"})
        assert posted.status_code == 404
        assert call("patch", f"seals/{seal}", token, {"labels": [marked]}).status_code == 404
    for field in ("on", "was"):
        posted = browser.post(mallory.url("documents/labels/"), {"seal": hers, field: "lbl\0", "action": "apply"})
        assert posted.status_code == 404
    assert call("patch", f"seals/{hers}", token, {"labels": ["\ud800"]}).status_code == 404
    for action in ("rename", "delete"):
        answer = browser.post(mallory.url("labels/"), {"action": action, "label": their_label, "name": "x"})
        assert answer.status_code == 404
    shared = {"action": "share", "member": bob.membership.id}
    assert browser.post(mallory.url(f"documents/{hers}/sharing/"), shared).status_code == 404
    assert browser.post(mallory.url(f"documents/{theirs}/sharing/"), shared).status_code == 404
    assert browser.post(mallory.url(f"documents/{theirs}/delete/"), {"name": "a.pdf"}).status_code == 404
    assert call("delete", f"seals/{theirs}", token).status_code == 404
    assert b"a.pdf" not in browser.get(mallory.url(f"documents/labels/?seal={theirs}")).content
    assert theirs.encode() not in b"".join(browser.get(mallory.url(f"documents.zip?seal={theirs}")))
    # within one customer: a plain member reaches no colleague's document
    assert bob.client().post(bob.url(f"documents/{theirs}/delete/"), {"name": "a.pdf"}).status_code == 404
    assert bob.client().post(bob.url("documents/labels/"), {"seal": theirs, "on": their_label}).status_code == 404
    assert theirs not in str(call("get", "seals", sealing_cast.dave.token()).json())
    with customer_schema(acme.customer.id):
        assert not SealLabel.objects.exists()


def test_deleting_asks_for_the_name_and_shows_the_consequences_again_when_it_is_wrong(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    seal = order(alice.token(), "Deed of gift.pdf")
    browser, page = alice.client(), alice.url(f"documents/{seal}/delete/")
    assert browser.post(page, {"name": "Deed of gift.pdf"}).status_code == 409
    runner.drain()
    wrong = browser.post(page, {"name": "deed", "deleted_by": "x"})
    assert (wrong.status_code, b"name_not_confirmed" in wrong.content) == (422, True)
    assert browser.post(page, {"name": "Deed of gift.pdf"}).status_code == 302
    assert b"kept as proof" in browser.get(alice.url(f"documents/{seal}/")).content
    assert b"deleted already" in browser.get(page).content
    assert seal.encode() not in browser.get(alice.url("documents/")).content
    assert seal.encode() in browser.get(alice.url("documents/?deleted=1")).content


def test_the_list_is_narrowed_by_its_address_and_exported_as_it_stands(sealing_cast: Cast) -> None:
    alice, dave, today = sealing_cast.alice, sealing_cast.dave, legal_date(clock.now())
    by_alice, by_dave = order(alice.token(), "=SUM(A1).pdf", "ref-1"), order(dave.token(), "Dave's.pdf")
    marked = label(alice, "Board")
    browser = alice.client()
    browser.post(alice.url("documents/labels/"), {"seal": by_alice, "on": marked, "action": "apply"})

    def shown(query: str) -> list[str]:
        lines = b"".join(browser.get(alice.url(f"documents.csv?{query}"))).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(lines)))
        html = browser.get(alice.url(f"documents/?{query}")).content.decode()
        assert all((row["id"] in html) for row in rows)
        assert all((seal in html) == (seal in {row["id"] for row in rows}) for seal in (by_alice, by_dave))
        return [row["document"] for row in rows]

    assert shown("") == ["Dave's.pdf", "'=SUM(A1).pdf"]
    assert shown(f"label={marked}") == shown("q=sum") == shown("reference=ref-1") == ["'=SUM(A1).pdf"]
    assert shown("member=programs") == ["Dave's.pdf", "'=SUM(A1).pdf"]
    assert shown(f"since={today}&until={today}") == ["Dave's.pdf", "'=SUM(A1).pdf"]
    assert shown(f"until={today - timedelta(days=1)}") == shown(f"since={today + timedelta(days=1)}") == []
    assert shown("status=sealed") == shown("shared=by_me") == shown("label=lbl_unknown") == []
    assert len(shown("until=9999-12-31&since=yesterday&shared=nonsense&deleted=no")) == 0


def test_ticking_nothing_downloads_nothing(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    answer = alice.client().get(alice.url("documents.zip?chosen=1"))
    assert (answer.status_code, answer["Location"]) == (302, alice.url("documents/"))


def test_the_list_costs_as_many_queries_for_many_documents_as_for_one(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    token, browser = alice.token(), alice.client()

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert browser.get(alice.url("documents/")).status_code == 200
        return len(captured)

    order(token, "a.pdf")
    queries()
    few = queries()
    for number in range(4):
        seal = order(token, f"{number}.pdf")
        call("patch", f"seals/{seal}", token, {"labels": [label(alice, f"L{number}")]})
    assert queries() == few


def test_the_page_of_one_document_looks_it_up_once(sealing_cast: Cast) -> None:
    alice = sealing_cast.alice
    page, browser = alice.url(f"documents/{order(alice.token(), 'a.pdf')}/"), alice.client()
    browser.get(page)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(page).status_code == 200
    assert sum('FROM "sealing_document"' in query["sql"] for query in captured) == 1
    assert len(captured) <= 10
