"""Applying, the legal documents, the settings and the end of a contract, as people see them (B18, C1, C5-C8)."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.actions.end_contract import end_contract
from accounts.actions.sign_up import DeclarationMissing, DocumentsChanged
from accounts.models import Acceptance, Application, Customer, Ending, LegalDocument
from accounts.queries.documents import documents_in_force
from accounts.rules.applications import Particulars
from billing.actions.file_invoice import file_invoice
from kernel import clock, runner
from kernel.actor import Actor
from kernel.errors import InvalidInput
from kernel.models import AuditEntry, Job
from sealing.formats.sample import sample_pdf
from tests.actions.test_accounts_sign_up import apply
from tests.cast import PASSWORD, Cast, Customers, Member
from tests.doors.test_accounts_entrance import NEWCOMER, OF_PERSON
from tests.factories.billing import finalised_invoice, received_payment
from tests.isolation.world import seal

CONSUMER = {
    **{key: value for key, value in NEWCOMER.items() if key not in {*OF_PERSON, "register_number", "position"}},
    "kind": "natural_person",
    "customer_name": "Nora Naujokė",
    "waiver": "on",
}


def signed_in(member: Member) -> Client:
    """A browser in which the member has just typed the password."""
    client = Client(HTTP_HOST="localhost")
    client.post("/account/login/", {"login": member.person.email, "password": PASSWORD})
    return client


def work() -> None:
    """What is queued, but for the certificates, which take long."""
    Job.objects.filter(kind="trust.provision_certificates").delete()
    runner.drain()


# --- Applying -------------------------------------------------------------------------------------------------------


def test_an_entitys_application_is_kept_with_every_word_that_was_declared(customers: Customers) -> None:
    member = customers.customer("Old", customers.person("Nora"))
    wish = {key: value for key, value in NEWCOMER.items() if key not in OF_PERSON}
    answer = member.client().post("/sign-up/", {**wish, "vat_number": "119 511 515", "postcode": "01103"})
    assert answer.status_code == 302
    customer = Customer.objects.get(name="UAB Nauja")
    assert customer.particulars == Particulars("123033512", "LT119511515", "Gedimino pr. 1", "01103", "Vilnius")
    application = Application.objects.get(customer=customer)
    assert [each["key"] for each in application.declarations] == ["authority", "documents", "sanctions"]
    for each in application.declarations:
        assert each["sha256"] == hashlib.sha256(each["text"].encode()).hexdigest()
    assert "Terms of service (2026-1)" in application.declarations[1]["text"]
    rows = Acceptance.objects.filter(customer=customer).select_related("document")
    assert {row.document.kind: row.document_sha256 for row in rows} == {
        document.kind: document.sha256 for document in LegalDocument.objects.all()
    }
    assert {(row.person_name, row.authority) for row in rows} == {("Nora", "Director")}
    work()
    [letter] = [sent for sent in mail.outbox if "agreed" in sent.subject]
    assert "/legal/terms/2026-1/" in letter.body
    assert "on a sanctions list" in letter.body


def test_a_consumer_agrees_to_lose_the_right_to_withdraw_and_has_no_register_number(customers: Customers) -> None:
    client = customers.customer("Old", customers.person("Nora")).client()
    without = client.post("/sign-up/", {**CONSUMER, "waiver": ""})
    assert (without.status_code, list(without.context["form"].errors)) == (422, ["waiver"])
    assert not Customer.objects.filter(kind="natural_person").exists()
    # What was typed for an entity before the choice changed does no harm.
    client.post("/sign-up/", {**CONSUMER, "register_number": "nonsense", "position": "http://evil.example"})
    customer = Customer.objects.get(kind="natural_person")
    assert (customer.register_number, customer.vat_number) == ("", "")
    application = Application.objects.get(customer=customer)
    assert [each["key"] for each in application.declarations] == ["documents", "sanctions", "waiver"]
    assert "lose the right to withdraw" in application.declarations[2]["text"]


def test_nothing_typed_is_lost_when_something_does_not_fit(db: None, client: Client) -> None:
    answer = client.post("/sign-up/", {**NEWCOMER, "register_number": "1", "authority": ""})
    assert set(answer.context["form"].errors) == {"register_number", "authority"}
    page = answer.content.decode()
    for typed in ("UAB Nauja", "Gedimino pr. 1", "Director", "nora@example.org"):
        assert typed in page
    assert re.search(r'name="sanctions"[^>]* checked', page)
    assert "for this legal entity: Without this" in page, "no full stop before the colon"


def test_no_box_is_ticked_for_anybody(db: None, client: Client) -> None:
    page = client.get("/sign-up/").content.decode()
    for box in ("documents", "authority", "sanctions", "waiver"):
        found = re.search(rf'<input type="checkbox" name="{box}"[^>]*>', page)
        assert found, box
        assert "checked" not in found[0]


def test_who_read_other_documents_than_those_in_force_is_asked_to_read_again(cast: Cast) -> None:
    wish = {key: value for key, value in NEWCOMER.items() if key not in OF_PERSON}
    page = cast.bob.client().get("/sign-up/")
    shown = page.context["form"]["edition"].value()
    assert cast.bob.client().post("/sign-up/", {**wish, "edition": "another"}).status_code == 422
    assert cast.bob.client().post("/sign-up/", {**wish, "edition": shown}).status_code == 302
    with pytest.raises(DocumentsChanged):
        apply(cast.bob.person, clock.now(), edition_read="another")


def test_the_action_itself_believes_no_form(cast: Cast) -> None:
    now = clock.now()
    with pytest.raises(DeclarationMissing):
        apply(cast.bob.person, now, declarations=[])
    with pytest.raises(InvalidInput):
        apply(cast.bob.person, now, particulars=Particulars("123", "", "Street", "", "City"))
    with pytest.raises(InvalidInput):
        apply(cast.bob.person, now, position=" ")


# --- Legal documents ------------------------------------------------------------------------------------------------


def test_every_version_is_public_by_date_and_what_is_downloaded_is_what_was_hashed(db: None, client: Client) -> None:
    terms = LegalDocument.objects.get(kind="terms")
    LegalDocument.objects.create(
        kind="terms",
        language="en",
        version="2099-1",
        title="Terms of service",
        text="Later.\n",
        sha256=hashlib.sha256(b"Later.\n").hexdigest(),
        announced_at=clock.now(),
        announced_on=clock.legal_date(clock.now()),
        effective_on="2099-01-01",
    )
    assert terms in documents_in_force(clock.legal_date(clock.now()))
    page = client.get("/legal/").content.decode()
    assert page.index("2099-1") < page.index("Version 2026-1")
    assert "takes effect on" in page
    article = client.get("/legal/terms/2026-1/").content.decode()
    assert "<h2>5. The end of the contract</h2>" in article
    assert terms.sha256 in article
    text = client.get("/legal/terms/2026-1/text/")
    assert hashlib.sha256(text.content).hexdigest() == terms.sha256
    for nothing in ("/legal/terms/1999-1/", "/legal/special/2026-1/", "/legal/nothing/2026-1/text/"):
        assert client.get(nothing).status_code == 404


def test_what_was_published_and_accepted_cannot_be_changed(customers: Customers) -> None:
    apply(customers.person("Nora"), clock.now())
    for rows in (LegalDocument.objects.all(), Acceptance.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Acceptance.objects.update(person_name="Somebody else")


# --- Settings -------------------------------------------------------------------------------------------------------


def test_an_administrator_corrects_the_address_and_a_vat_number_that_can_be(cast: Cast) -> None:
    client, page = cast.alice.client(), cast.alice.url("settings/")
    new = {"street": "Pilies g. 2", "postcode": "01123", "city": "Vilnius", "vat_number": "LT1"}
    answer = client.post(page, new)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["vat_number"])
    assert client.post(page, {**new, "vat_number": "119511515", "name": "Other"}).status_code == 302
    customer = Customer.objects.get(id=cast.acme.id)
    assert (customer.street, customer.vat_number, customer.name) == ("Pilies g. 2", "LT119511515", "Acme")
    assert AuditEntry.objects.filter(action="customer.corrected", customer_id=cast.acme.id).count() == 1
    assert cast.bob.client().post(page, new).status_code == 403


def test_the_contract_page_tells_what_was_accepted_by_whom_and_until_when_one_can_end(customers: Customers) -> None:
    application = apply(customers.person("Nora"), clock.now())
    membership = application.customer.memberships.get()
    page = (
        Member(application.person, membership, application.customer)
        .client()
        .get(f"/c/{application.customer.slug}/settings/contract/")
        .content.decode()
    )
    for words in ("Terms of service", "2026-1", "Nora", "Director", "You can end the contract at any time"):
        assert words in page


# --- The end --------------------------------------------------------------------------------------------------------


def test_the_consequences_come_first_and_the_end_needs_the_name_and_a_fresh_sign_in(cast: Cast) -> None:
    page = cast.alice.url("settings/closing/")
    stale = cast.alice.client().post(page, {"action": "end", "name": "Acme", "when": "at_once"})
    assert "/account/reauthenticate/" in stale["Location"]
    client = signed_in(cast.alice)
    shown = client.get(page).content.decode()
    assert shown.index("What happens, and when") < shown.index("To confirm, type Acme")
    wrong = client.post(page, {"action": "end", "name": "acme", "when": "paid"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["name"])
    assert not Ending.objects.exists()
    for member in (cast.bob, cast.carol, cast.mallory):
        assert member.client().post(page, {"action": "end", "name": "Acme"}).status_code in {403, 404}
    work()
    assert client.post(page, {"action": "end", "name": "Acme", "when": "paid"})["Location"] == page
    told = client.get(page).content.decode()
    assert "You can take it back until" in told
    assert client.get(cast.alice.url("documents/")).status_code == 200
    assert client.post(page, {"action": "withdraw"})["Location"] == page
    assert Customer.objects.get(id=cast.acme.id).status == "active"


def test_when_the_contract_is_over_only_an_owner_comes_in_and_only_to_export_and_invoices(cast: Cast) -> None:
    token = cast.alice.token()
    end_contract(actor=cast.alice.actor, name="Acme", at_once=True, now=clock.now())
    owner, closing = signed_in(cast.alice), cast.alice.url("settings/closing/")
    for path in ("", "documents/", "seal/upload/", "people/", "settings/", "developers/tokens/"):
        assert owner.get(cast.alice.url(path))["Location"] == closing, path
        assert owner.post(cast.alice.url(path), {"action": "create"})["Location"] == closing, path
        refused = cast.bob.client().get(cast.bob.url(path))
        assert (refused.status_code, b"contract_ended" in refused.content) == (403, True), path
    assert b"Its owners can fetch the complete export until" in refused.content
    offered = owner.get(closing).content
    assert b"You can fetch the complete export until" in offered
    assert offered.count(b'nav-item"') == 1, "every page but the invoices leads back here"
    assert offered.count(f'href="{cast.alice.url("billing/")}"'.encode()) == 2, (
        "in the menu, and where a phone has none"
    )
    bills = owner.get(cast.alice.url("billing/")).content.decode()
    tabs = re.findall(r'class="tabs__item"\s+href="([^"]+)"', bills)
    assert [owner.get(tab).status_code for tab in tabs] == [200] * 4, tabs
    assert owner.post(cast.alice.url("settings/export/")).status_code == 200
    assert cast.bob.client().post(cast.bob.url("settings/export/")).status_code == 403
    assert cast.mallory.client().get(cast.alice.url("settings/closing/")).status_code == 404
    assert Client().get("/api/v1/seals", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def exported(client: Client, member: Member) -> zipfile.ZipFile:
    answer = client.post(member.url("settings/export/"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_export_holds_everything_explains_itself_and_nothing_of_others(sealing_cast: Cast) -> None:
    alice, mallory = sealing_cast.alice, sealing_cast.mallory
    one = seal(alice.client(), alice.url("seal/upload/"), name="=lease")
    seal(mallory.client(), mallory.url("seal/upload/"), name="globex-secret")
    bill = finalised_invoice(alice.customer.id, net="100.00", now=clock.now())
    file_invoice(
        actor=Actor.system("tests"), invoice_id=bill.id, pdf=b"%PDF", ubl=b"<u/>", cii=b"<c/>", now=clock.now()
    )
    finalised_invoice(mallory.customer.id, net="66.60", now=clock.now())
    received_payment(alice.customer.id, "121.00", now=clock.now(), reference=bill.reference)
    assert "/account/reauthenticate/" in alice.client().post(alice.url("settings/export/"))["Location"]
    archive = exported(signed_in(alice), alice)
    assert archive.testzip() is None
    names = archive.namelist()
    readme = archive.read("README.txt").decode()
    for name in names:
        assert name in readme or name.startswith((one, "invoice-")), name
    original, sealed = (archive.read(name) for name in sorted(n for n in names if n.startswith(f"{one}-")))
    assert original == sample_pdf()
    assert sealed.startswith(original[:8])
    assert b"/ByteRange" in sealed
    documents = archive.read("documents.csv").decode()
    assert one in documents
    assert ",'=lease" in documents  # no spreadsheet runs it
    assert hashlib.sha256(sealed).hexdigest() in documents
    assert json.loads(archive.read("contract.json"))["customer"]["name"] == "Acme"
    assert "seal.accepted" in archive.read("audit.jsonl").decode()
    assert alice.person.email in archive.read("members.csv").decode()
    assert b"BEGIN CERTIFICATE" in archive.read("certificates.pem")
    assert one in archive.read("usage.csv").decode()
    assert json.loads(archive.read("evidence.jsonl").splitlines()[0])["seal"] == one
    [told] = map(json.loads, archive.read("invoices.jsonl").splitlines())
    assert (told["number"], told["gross"], told["lines"][0]["net"]) == (bill.number, "121.00", "100.00")
    endings = {"pdf": b"%PDF", "ubl.xml": b"<u/>", "cii.xml": b"<c/>"}
    assert {name: archive.read(f"invoice-{bill.number}.{name}") for name in endings} == endings
    assert bill.reference in archive.read("payments.csv").decode()
    settings = ("allocations", "late-payment", "billing-details", "cost-centres", "cost-alerts", "spending-cap")
    assert {f"{name}.csv" for name in settings} <= set(names)
    everything = b"".join(archive.read(name) for name in names)
    for foreign in (mallory.customer.id, mallory.person.email, "globex-secret"):
        assert foreign.encode() not in everything
    assert AuditEntry.objects.filter(action="customer.exported", customer_id=alice.customer.id).count() == 1


def test_staff_end_contracts_and_correct_registrations_with_a_reason(cast: Cast, customers: Customers) -> None:
    staff = customers.person("Sam")
    staff.is_staff = staff.is_superuser = True
    staff.save()
    client = replace(cast.alice, person=staff).client()
    base = f"/staff/accounts/customer/{cast.acme.id}"
    assert client.get(f"{base}/end-notice/").status_code == 200
    asked = client.get(f"{base}/registration/").content.decode()
    assert f'value="{cast.acme.name}"' in asked  # what is right already is not typed again
    assert asked.count(" border-base-200 ") >= 3  # drawn as the staff admin draws its boxes, else nobody sees them
    assert client.post(f"{base}/end-notice/", {"ground": "breach"}).status_code == 422
    assert client.post(f"{base}/end-notice/", {"ground": "breach", "reason": "Unpaid."}).status_code == 302
    early = client.post(f"{base}/confirm-ending/", {"reason": "Still unpaid."})
    assert (early.status_code, "time to put it right" in early.content.decode()) == (422, True)
    assert client.post(f"{base}/keep-contract/", {"reason": "Paid."}).status_code == 302
    letter = {"received_on": "2026-01-05", "file_name": "17.asice", "file_sha256": "a" * 64, "reason": "Letter."}
    assert client.post(f"{base}/end-letter/", {**letter, "file_sha256": "x"}).status_code == 422
    assert client.post(f"{base}/end-letter/", letter).status_code == 302
    new = {"name": "Acme UAB", "country": "LT", "register_number": "121215587", "reason": "As registered."}
    assert client.post(f"{base}/registration/", {**new, "register_number": "121215588"}).status_code == 422
    assert client.post(f"{base}/registration/", new).status_code == 302
    assert str(Customer.objects.get(id=cast.acme.id)) == "Acme UAB"
    for page in ("ending", "erasure", "legaldocument", "acceptance"):
        assert client.get(f"/staff/accounts/{page}/").status_code == 200
