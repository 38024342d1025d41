"""The registers in the public site, the portal and the staff admin."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client, override_settings

from accounts.models import Notice, Person
from accounts.rules.staff_roles import StaffRole
from kernel import clock, runner
from privacy.forms.contact import consent_text
from privacy.models import ContactMessage, DataBreach, Disclosure, PublishedFigure, SubProcessor
from privacy.rules.contact import MESSAGES_PER_MINUTE, text_hash
from tests.cast import Cast
from tests.staff import staff_person

MESSAGE = {"topic": "sales", "name": "Ona", "email": "ona@example.org", "message": "Do you sell?", "consent": "on"}


@pytest.fixture
def client() -> Client:
    """From an address of its own: messages are counted for each, of all tests together."""
    return Client(HTTP_HOST="localhost", REMOTE_ADDR=f"192.0.2.{secrets.randbelow(250) + 1}")


def sent(client: Client, **changes: str) -> tuple[int, str]:
    page = client.get("/contact/").content.decode()
    found = re.search(r'name="shown" value="(\w+)"', page)
    assert found
    answer = client.post("/contact/", MESSAGE | {"shown": found[1], "website": ""} | changes)
    return answer.status_code, answer.headers.get("Location", "")


def test_a_message_comes_with_its_consent_and_goes_with_it(client: Client, db: None) -> None:
    status, link = sent(client)
    row = ContactMessage.objects.get()
    assert (status, row.consent_text, row.consent_sha256) == (302, consent_text(), text_hash(consent_text()))
    assert consent_text() in client.get("/contact/").content.decode()
    assert "Withdraw, and delete my message now" in client.get(link).content.decode()
    assert ContactMessage.objects.exists()  # looking deletes nothing
    forged = f"/contact/{row.id}:forged/"
    before = client.post(forged)
    assert ContactMessage.objects.exists()
    first, second = client.post(link), client.post(link)
    assert not ContactMessage.objects.exists()
    assert len({each.content.partition(b"<main")[2] for each in (before, first, second)}) == 1


@pytest.mark.usefixtures("one_minute")
def test_programs_learn_nothing_and_people_what_to_correct(client: Client, db: None) -> None:
    status, link = sent(client, website="https://spam.example")
    assert (status, ContactMessage.objects.count()) == (302, 0)
    assert client.get(link).status_code == 200
    assert sent(client, consent="")[0] == 422
    assert sent(client, shown=text_hash("Other words"))[0] == 422  # those that were shown are not those of now
    assert ContactMessage.objects.count() == 0
    answers = [client.post("/contact/", MESSAGE) for _each in range(MESSAGES_PER_MINUTE)]
    answer = answers[-1]
    assert (answer.status_code, 0 < int(answer.headers["Retry-After"]) <= 60) == (429, True)


def test_the_complaint_page_names_the_authority_of_the_country_chosen(client: Client, cast: Cast) -> None:
    def named(asker: Client, query: str = "", **cookies: str) -> str:
        asker.cookies.load(cookies)
        return asker.get(f"/privacy/complaint/{query}").content.decode()

    assert "Valstybinė duomenų apsaugos inspekcija" in named(client)  # the operator's own
    assert "Andmekaitse Inspektsioon" in named(client, "?country=EE")
    assert "https://www.dvi.gov.lv/" in named(client, country="LV")
    assert "Valstybinė duomenų apsaugos inspekcija" in named(client, "?country=US", country="US")
    Person.objects.filter(pk=cast.alice.person.pk).update(country="NO")
    assert "https://www.datatilsynet.no/" in named(cast.alice.client())
    officer = {"DPO_NAME": "Ada Dėsnienė", "DPO_EMAIL": "dpo@operator.example", "DPO_ADDRESS": "Gedimino pr. 1"}
    with override_settings(**officer):
        page = named(client, "?country=DE")
    assert all(each in page for each in officer.values())


def test_security_txt_has_what_rfc_9116_wants(client: Client, db: None) -> None:
    with override_settings(BASE_URL="https://seal.example", OPERATOR_CONTACT="soc@seal.example"):
        answer = client.get("/.well-known/security.txt")
    fields = [line.split(": ", 1) for line in answer.content.decode().splitlines()]
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    contacts = [value for name, value in fields if name == "Contact"]
    assert contacts == ["https://seal.example/contact/", "mailto:soc@seal.example"]
    (expires,) = [value for name, value in fields if name == "Expires"]
    left = clock.legal_midnight(clock.legal_date(clock.now())) + timedelta(days=180)
    assert expires == left.isoformat()
    assert ["Canonical", "https://seal.example/.well-known/security.txt"] in fields


def test_a_supervisor_announces_a_sub_processor_that_the_public_sees_at_once(client: Client, cast: Cast) -> None:
    sam, tess = staff_person("Sam", StaffRole.SUPPORT).client, staff_person("Tess", StaffRole.SUPERVISOR).client
    page = "/privacy/sub-processors/"
    assert "does all of it with its own people" in client.get(page).content.decode()
    place = "/staff/privacy/subprocessor"
    asked = {
        "name": "Hosting OÜ",
        "country": "EE",
        "purpose": "hosting",
        "categories": "documents",
        "transfer_ground": "eea",
        "reason": "New machines",
    }
    assert sam.post(f"{place}/announce/", asked).status_code == 403
    assert tess.post(f"{place}/announce/", asked | {"starts_on": "2026-01-01"}).status_code == 422
    assert tess.post(f"{place}/announce/", asked).status_code == 302
    row = SubProcessor.objects.get()
    shown = client.get(page).content.decode()
    assert shown.index("Announced") < shown.index("Hosting OÜ") < shown.index("In use now")
    runner.drain()
    assert Notice.objects.filter(kind="sub_processor.announced").count() == 2
    end = {"ends_on": row.starts_on.isoformat(), "reason": "Objections"}
    assert tess.post(f"{place}/{row.id}/end/", end).status_code == 302
    assert "Hosting OÜ" not in client.get(page).content.decode()  # it never was one


DISCLOSURE = {
    "authority": "Vilnius court",
    "country": "LT",
    "legal_basis": "Article 155",
    "reference": "2-118/2026",
    "outcome": "refused",
    "what": "Sign-in records",
    "requested_on": "2026-01-02",
    "reason": "The order came by post",
}


def test_one_of_staff_records_a_disclosure_another_confirms_it_and_its_customer_alone_reads_it(cast: Cast) -> None:
    sam, tess = staff_person("Sam", StaffRole.SUPPORT).client, staff_person("Tess", StaffRole.SUPERVISOR).client
    page, place = cast.alice.url("privacy/disclosures/"), "/staff/privacy/disclosure"
    assert "There is nothing to show" in cast.alice.client().get(page).content.decode()
    assert sam.post(f"{place}/record/", DISCLOSURE | {"customer": "nobody"}).status_code == 422
    assert sam.post(f"{place}/record/", DISCLOSURE | {"customer": cast.acme.slug}).status_code == 302
    row = Disclosure.objects.get()
    assert sam.post(f"{place}/{row.id}/confirm/", {"reason": "Right"}).status_code == 403
    assert tess.post(f"{place}/{row.id}/confirm/", {"reason": "Right"}).status_code == 302
    shown = cast.alice.client().get(page).content.decode()
    assert "Vilnius court" in shown
    assert "Refused: nothing was given" in shown
    assert cast.dave.client().get(page).status_code == 403
    assert "Vilnius court" not in cast.mallory.client().get(cast.mallory.url("privacy/disclosures/")).content.decode()


def test_staff_live_through_a_breach_and_print_its_report(cast: Cast, tmp_path: Path) -> None:
    sam = staff_person("Sam", StaffRole.SUPPORT).client
    place, now = "/staff/privacy/databreach", clock.legal_date(clock.now())
    known = f"{now - timedelta(days=1):%Y-%m-%d}T10:00"
    what = {"title": "A lost key", "nature": "It lay in a bus", "aware_at": known, "reason": "Found"}
    assert sam.post(f"{place}/record/", what | {"aware_at": "2099-01-01T10:00"}).status_code == 422
    assert sam.post(f"{place}/record/", what).status_code == 302
    row = DataBreach.objects.get()
    assert "min left" in sam.get(f"{place}/").content.decode()
    assert "the assessment of the risk" in sam.get(f"{place}/{row.id}/change/").content.decode()
    judged = {
        "risk": "high",
        "risk_reasons": "Names in it",
        "categories": "members",
        "people": "12",
        "consequences": "None yet",
        "measures": "Locks changed",
        "reason": "Judged",
    }
    steps = [
        ("assess", judged, 302),
        ("authority", {"authority": "VDAI", "told_at": known, "reason": "By its form"}, 302),
        ("close", {"reason": "Done"}, 422),
        ("people", {"people_reason": "The key was found unread", "reason": "34 (3) a"}, 302),
        ("customers", {"customers": "nobody", "words": "A key was lost.", "reason": "Processor"}, 422),
        ("customers", {"customers": cast.acme.slug, "words": "A key was lost.", "reason": "Processor"}, 302),
    ]
    for step, given, status in steps:
        assert sam.post(f"{place}/{row.id}/{step}/", given).status_code == status, step
    runner.drain()
    file = tmp_path / "report.pdf"
    file.write_bytes(sam.get(f"{place}/{row.id}/report/").content)
    text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    for words in ("A lost key", "It lay in a bus", "72 hours end", "VDAI", "Locks changed", "Acme", "12"):
        assert words in text
    assert sam.post(f"{place}/{row.id}/close/", {"reason": "Done"}).status_code == 302
    assert sam.post(f"{place}/{row.id}/assess/", judged).status_code == 403
    assert (
        "A key was lost."
        in cast.alice.client()
        .get(cast.alice.url(f"notices/{Notice.objects.get(kind='breach.told').id}/"))
        .content.decode()
    )


def test_staff_answer_and_delete_messages_of_the_contact_form(client: Client, db: None) -> None:
    sam = staff_person("Sam", StaffRole.SUPPORT).client
    sent(client)
    row, place = ContactMessage.objects.get(), "/staff/privacy/contactmessage"
    assert "Do you sell?" in sam.get(f"{place}/{row.id}/change/").content.decode()
    assert sam.post(f"{place}/{row.id}/answered/", {"reason": "By mail"}).status_code == 302
    assert sam.post(f"{place}/{row.id}/answered/", {"reason": "By mail"}).status_code == 403
    assert sam.post(f"{place}/{row.id}/delete-now/", {"reason": "They asked"}).status_code == 302
    assert not ContactMessage.objects.exists()


def test_figures_are_the_same_for_people_and_programs(client: Client, db: None) -> None:
    assert "The first figure appears" in client.get("/privacy/figures/").content.decode()
    now = clock.now()
    for kind, day, value, highest in (
        ("seals", "2026-10-01", 40_000, None),
        ("seals", "2026-09-01", None, None),
        ("requests", "2025-01-01", 0, 9),
    ):
        PublishedFigure.objects.create(kind=kind, begins_on=day, value=value, highest=highest, published_at=now)
    assert json.loads(client.get("/privacy/figures.json").content) == {
        "seals": [{"month": "2026-10", "at_least": 40_000}, {"month": "2026-09", "at_least": None}],
        "authority_requests": [{"year": 2025, "at_least": 0, "at_most": 9}],
    }
    page = client.get("/privacy/figures/").content.decode()
    for words in ("October 2026", "40,000 or more", "not told", "0 to 9"):
        assert words in page
