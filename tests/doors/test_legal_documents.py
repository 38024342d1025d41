"""Legal documents as the public, a customer's administrators and staff see them (clauses C5, D10)."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.actions.file_document import file_document
from accounts.actions.publish_document import publish_document
from accounts.models import Acceptance, LegalDocument, LegalFile
from accounts.rules.staff_roles import StaffRole
from kernel import clock, runner
from kernel.actor import Actor
from kernel.models import AuditEntry, Job
from sealing.actions import seal_legal_documents as sealing_documents
from sealing.actions._operator import OperatorSealMissing
from tests.cast import Cast
from tests.doors.test_accounts_entrance import NEWCOMER, OF_PERSON
from tests.second_opinions import assert_validly_sealed
from tests.staff import staff_person

SYSTEM = Actor.system("tests")
BOTH = {"en": "# Terms\n\n## 1. Payment\n\nWithin {{due_days}} days.", "lt": "# Sąlygos\n\nPer {{due_days}} dienų."}


def announced(**other: Any) -> LegalDocument:
    now = clock.now()
    wish: dict[str, Any] = {
        "kind": "terms",
        "audience": "all",
        "country": "",
        "texts": BOTH,
        "effective_on": clock.legal_date(now) + timedelta(days=30),
        "needs_acceptance": False,
    }
    return publish_document(actor=SYSTEM, now=now, **(wish | other))


def test_the_archive_has_every_version_for_its_audience_country_and_language(db: None, client: Client) -> None:
    general, latvian = announced(), announced(country="LV", audience="api", texts={"en": "# Terms\n\nOf Latvia."})
    page = client.get("/legal/").content.decode()
    address = "/legal/terms/{}/"
    assert page.index(address.format(general.version)) < page.index(address.format("2026-1"))
    assert "Latvia" in page
    assert f"/legal/terms/{general.version}/text/?language=lt" in page
    for asked, seen in (
        ("?country=LV", True),
        ("?audience=api", True),
        ("?audience=portal", False),
        ("?language=lt", False),
        ("?country=XX", True),
    ):
        assert (address.format(latvian.version) in client.get(f"/legal/{asked}").content.decode()) is seen, asked
    assert "no such version" in client.get("/legal/?language=et").content.decode()


def test_a_version_is_read_and_kept_in_each_of_its_languages(db: None, client: Client) -> None:
    version = announced().version
    lithuanian = LegalDocument.objects.get(version=version, language="lt")
    page = f"/legal/terms/{version}/"
    assert "<h1>Terms</h1>" in client.get(page).content.decode()
    assert "<h1>Sąlygos</h1>" in client.get(f"{page}?language=lt").content.decode()
    assert "<h1>Terms</h1>" in client.get(f"{page}?language=et").content.decode()
    kept = client.get(f"{page}text/?language=lt")
    assert hashlib.sha256(kept.content).hexdigest() == lithuanian.sha256
    assert f"terms-{version}-lt.txt" in kept["Content-Disposition"]
    for nothing in (f"{page}text/?language=et", f"{page}pdf/", "/legal/terms/1999-1/pdf/"):
        assert client.get(nothing).status_code == 404


def test_what_is_announced_is_sealed_by_the_operator_once_and_customers_are_told(
    sealing_cast: Cast, settings: Any, tmp_path: Path, client: Client
) -> None:
    settings.OPERATOR_CUSTOMER = "nobody"
    document = announced(texts={"en": BOTH["en"]})
    with pytest.raises(OperatorSealMissing):
        sealing_documents.seal_legal_documents(actor=SYSTEM, clock=clock.database_clock())
    mail.outbox.clear()
    runner.drain()
    assert not LegalFile.objects.exists(), "publication does not wait, and nothing is lost"
    [letter] = [sent for sent in mail.outbox if sent.to == [sealing_cast.alice.person.email]]
    assert f"/legal/terms/{document.version}/" in letter.body
    assert "Terms of service" in letter.subject

    settings.OPERATOR_CUSTOMER = sealing_cast.acme.slug
    for former in LegalDocument.objects.exclude(id=document.id):
        file_document(actor=SYSTEM, document_id=former.id, pdf=b"%PDF", now=clock.now())
    assert sealing_documents.seal_legal_documents(actor=SYSTEM, clock=clock.database_clock()) == 1
    assert sealing_documents.seal_legal_documents(actor=SYSTEM, clock=clock.database_clock()) == 0
    pdf = client.get(f"/legal/terms/{document.version}/pdf/?language=en").content
    (tmp_path / "terms.pdf").write_bytes(pdf)
    assert_validly_sealed(tmp_path / "terms.pdf")
    told = subprocess.run(["pdftotext", tmp_path / "terms.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "Within 30 days." in told
    assert document.sha256 in "".join(told.split())

    answer = sealing_cast.alice.client().post(sealing_cast.alice.url("privacy/binding/statement/"))
    (tmp_path / "binding.pdf").write_bytes(answer.content)
    assert_validly_sealed(tmp_path / "binding.pdf")
    assert AuditEntry.objects.filter(action="legal_document.stated").count() == 1


def test_who_signs_up_accepts_the_texts_of_their_country_in_their_language(cast: Cast) -> None:
    first = {"kind": "cookies", "effective_on": clock.legal_date(clock.now())}
    announced(**first)
    client = cast.bob.client()
    page = client.get("/sign-up/").content.decode()
    assert "/legal/cookies/" not in page, "it informs, and nobody accepts it"
    lithuanian = LegalDocument.objects.get(kind="terms", version="2026-1")
    ahead = clock.legal_date(clock.now()) - timedelta(days=40)
    LegalDocument.objects.create(
        kind="terms",
        country="LT",
        language="en",
        version="2026-LT",
        title="Terms in Lithuania",
        text="Here.\n",
        sha256=hashlib.sha256(b"Here.\n").hexdigest(),
        announced_at=lithuanian.announced_at,
        announced_on=ahead,
        effective_on=ahead + timedelta(days=30),
    )
    wish = {key: value for key, value in NEWCOMER.items() if key not in OF_PERSON}
    shown = client.get("/sign-up/").context["form"]["edition"].value()
    again = client.post("/sign-up/", {**wish, "edition": shown})
    assert again.status_code == 422, "another document holds in the country that was chosen"
    assert "/legal/terms/2026-LT/" in again.content.decode()
    asked_again = again.context["form"]["edition"].value()
    assert asked_again != shown
    assert client.post("/sign-up/", {**wish, "edition": asked_again}).status_code == 302
    accepted = Acceptance.objects.filter(person=cast.bob.person).values_list("document__version", flat=True)
    assert sorted(accepted) == ["2026-1", "2026-1", "2026-1", "2026-LT"]


def test_an_administrator_sees_what_binds_and_accepts_what_asks_for_it(cast: Cast) -> None:
    document = announced(needs_acceptance=True)
    client, address = cast.alice.client(), cast.alice.url("privacy/binding/")
    assert "waits for your acceptance" in client.get(cast.alice.url("settings/contract/")).content.decode()
    page = client.get(address).content.decode()
    for kind in ("dpa", "privacy", "aup", "terms"):
        assert f"/legal/{kind}/2026-1/" in page
    assert page.index("/legal/dpa/2026-1/") < page.index("/legal/privacy/2026-1/") < page.index("/legal/terms/2026-1/")
    assert "No acceptance is on record" in page
    sent = {"document": document.id, "accepted": "on"}
    assert client.post(address, sent).status_code == 422
    other = LegalDocument.objects.get(kind="dpa")
    assert client.post(address, {"document": other.id, "accepted": "on", "position": "Director"}).status_code == 422
    assert client.post(address, {**sent, "position": "Director"}).status_code == 302
    assert not client.get(address).context["texts"]
    on = document.effective_on
    bound = client.get(f"{address}?on={on}").content.decode()
    assert "Accepted by Alice, Director" in bound
    assert "What will bind you" in bound
    assert document.sha256 in bound
    before = clock.legal_date(clock.now()) - timedelta(days=1)
    assert "the account was opened on" in client.get(f"{address}?on={before}").content.decode()
    assert client.get(f"{address}?on=nonsense").status_code == 200
    assert cast.bob.client().get(address).status_code == 403


def test_staff_see_what_bound_any_customer_and_others_do_not(cast: Cast) -> None:
    page = f"/staff/binding/{cast.acme.id}/"
    chief, support = staff_person("Chief", StaffRole.CHIEF), staff_person("Sam", StaffRole.SUPPORT)
    assert "/legal/dpa/2026-1/" in chief.client.get(page).content.decode()
    assert chief.client.get("/staff/binding/cus_none/").status_code == 404
    assert support.client.get(page).status_code == 403
    assert cast.alice.client().get(page).status_code == 302
    button = chief.client.get(f"/staff/accounts/customer/{cast.acme.id}/binding/")
    assert button["Location"] == page
    assert chief.client.post(page).status_code == 200, "without the operator's seal the page says so"
    assert not AuditEntry.objects.filter(action="legal_document.stated").exists()


def test_staff_look_at_a_preview_before_they_announce(cast: Cast) -> None:
    chief = staff_person("Chief", StaffRole.CHIEF).client
    page = "/staff/accounts/legaldocument/publish/"
    today = clock.legal_date(clock.now())
    wish = {
        "kind": "terms",
        "audience": "all",
        "effective_on": (today + timedelta(days=30)).isoformat(),
        "text_en": BOTH["en"],
        "text_lt": BOTH["lt"],
        "reason": "New prices",
    }
    assert "Announce it" not in chief.get(page).content.decode()
    preview = chief.post(page, wish | {"preview": ""})
    shown = preview.content.decode()
    assert preview.status_code == 200
    assert "<p>Per 30 dienų.</p>" in shown
    assert "Announce it" in shown
    assert LegalDocument.objects.count() == 4
    for misfit in (
        {"text_en": "No title"},
        {"text_lt": "# Sąlygos\n\n{{nothing}}"},
        {"effective_on": (today + timedelta(days=29)).isoformat()},
        {"country": "lt"},
        {"reason": ""},
    ):
        assert chief.post(page, wish | misfit | {"publish": ""}).status_code == 422, misfit
    assert LegalDocument.objects.count() == 4
    assert chief.post(page, wish | {"publish": ""}).status_code == 302
    assert set(LegalDocument.objects.filter(version__gt="2026-1").values_list("language", flat=True)) == {"en", "lt"}
    assert Job.objects.filter(kind="accounts.announce_documents").count() == 1
    assert staff_person("Sam", StaffRole.SUPPORT).client.get(page).status_code == 403
