"""Every page speaks the language of the reader's cookie, with that language's dates and money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import Client

from billing.actions.start_subscription import start_subscription
from kernel import clock, runner
from kernel.actor import Actor
from tests.cast import Cast

WORDS = {
    "en": ("Prices", "€125.00", "Usage in May 2027", "31 May 2027"),
    "lt": ("Kainos", "125,00\xa0€", "Naudojimas: 2027 m. gegužė", "2027 m. gegužės 31 d."),
    "lv": ("Cenas", "125,00\xa0€", "Lietojums: 2027. g. maijs", "2027. gada 31. maijs"),
    "et": ("Hinnad", "125,00\xa0€", "Kasutus: mai 2027", "31. mai 2027"),
}
PUBLIC_PAGES = ["/", "/pricing/", "/account/login/", "/sign-up/", "/api/v1/docs/"]
PORTAL_PAGES = ["", "seal/", "documents/", "usage/", "certificates/", "people/", "developers/tokens/"]


@pytest.fixture
def in_may(db: None) -> Iterator[None]:
    with time_machine.travel(datetime(2027, 5, 23, 10, tzinfo=UTC), tick=False):
        yield


@pytest.mark.parametrize("language", WORDS)
def test_pages_answer_in_the_language_of_the_cookie(in_may: None, cast: Cast, client: Client, language: str) -> None:
    alice = cast.alice.client()
    client.cookies["language"] = alice.cookies["language"] = language

    pages = [client.get(path) for path in PUBLIC_PAGES] + [alice.get(cast.alice.url(path)) for path in PORTAL_PAGES]

    assert {page.status_code for page in pages} == {200}
    assert {page.headers["Content-Language"] for page in pages} == {language}
    assert all(f'<html lang="{language}"' in page.content.decode() for page in pages)


@pytest.mark.parametrize("language", WORDS)
def test_words_dates_and_money_are_those_of_the_language(in_may: None, cast: Cast, language: str) -> None:
    heading, fee, month, last_day = WORDS[language]
    system = Actor.system("tests")
    start_subscription(actor=system, customer_id=cast.acme.id, plan_code="1", interval="month", now=clock.now())
    client = cast.alice.client()
    client.cookies["language"] = language

    pricing = client.get("/pricing/").content.decode()
    usage = client.get(cast.alice.url("usage/")).content.decode()

    assert heading in pricing
    assert fee in pricing
    assert fee in usage
    assert month in usage
    assert last_day in usage


@pytest.mark.parametrize(("language", "words"), [("lt", "Siun\\u010diama"), ("lv", "Tiek s"), ("et", "Saatmisel")])
def test_scripts_get_their_words_in_the_same_language(client: Client, db: None, language: str, words: str) -> None:
    client.cookies["language"] = language

    assert words in client.get("/language/words.js").content.decode()


def test_why_a_document_was_refused_is_told_in_the_language_of_who_asks(sealing_cast: Cast) -> None:
    program = Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {sealing_cast.alice.token()}")
    seal_id = program.post("/api/v1/seals", {"file": ContentFile(b"no pdf", "report.pdf")}).json()["id"]
    runner.drain()

    said = {
        language: program.get(f"/api/v1/seals/{seal_id}", headers={"Accept-Language": language}).json()["failure"]
        for language in ("en", "lt", "et")
    }

    assert {failure["code"] for failure in said.values()} == {"not_a_pdf"}
    assert said["en"]["detail"].startswith("The file is not a PDF")
    assert said["lt"]["detail"].startswith("Failas nėra PDF")
    assert said["et"]["detail"].startswith("Fail ei ole PDF")


@pytest.mark.usefixtures("db")
def test_without_a_cookie_the_browser_decides_and_english_is_the_rest(client: Client) -> None:
    assert "Kainos" in client.get("/pricing/", headers={"Accept-Language": "lt-LT,lt;q=0.9"}).content.decode()
    assert "Prices" in client.get("/pricing/", headers={"Accept-Language": "fi"}).content.decode()
