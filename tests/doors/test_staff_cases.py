"""Cases and references in the staff admin and the portal: who finds which button, and what the customer sees of it."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.management import call_command

from accounts.actions.consent_to_reference import consent_to_reference
from accounts.models import Case, CaseEvidence, Person
from accounts.queries.references import consent_words
from accounts.rules.staff_roles import StaffRole
from kernel import clock
from tests.cast import Cast
from tests.staff import staff_person

ASKED = {
    "asked_by_name": "Nora Board",
    "asked_by_contact": "+370 600 00000",
    "asked_by_capacity": "member of the board",
    "reason": "The owner has left",
}


def test_support_opens_a_case_a_supervisor_decides_and_the_owner_objects_in_the_portal(cast: Cast) -> None:
    sam, tess = staff_person("Sam", StaffRole.SUPPORT).client, staff_person("Tess", StaffRole.SUPERVISOR).client
    place, asked = "/staff/accounts/case", ASKED | {"customer": cast.acme.slug, "email": "nora@example.org"}
    assert tess.post(f"{place}/replacement/", asked | {"old_owners": "end"}).status_code == 403
    assert sam.post(f"{place}/replacement/", asked | {"customer": "nobody", "old_owners": "end"}).status_code == 422
    assert sam.post(f"{place}/replacement/", asked | {"old_owners": "end"}).status_code == 302
    case = Case.objects.get()
    file = BytesIO(b"<script>alert(1)</script>")
    file.name = "extract.html"
    assert sam.post(f"{place}/{case.id}/evidence/", {"file": file, "reason": "Register"}).status_code == 302
    evidence = f"/staff/accounts/caseevidence/{CaseEvidence.objects.get().id}/file/"
    answer = sam.get(evidence)
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]  # streamed
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert sam.post(f"{place}/{case.id}/grant/", {"reason": "Fits"}).status_code == 403
    assert tess.post(f"{place}/{case.id}/grant/", {"reason": "The extract names her"}).status_code == 302

    settings, owner = cast.alice.url("settings/access/"), cast.alice.client()
    page = owner.get(settings).content.decode()
    assert "nora@example.org" in page
    assert "unless you object before" in page
    assert cast.dave.client().get(settings).status_code == 403
    assert owner.post(settings, {"action": "object", "case": case.id, "objection": ""}).status_code == 302
    assert Case.objects.get().state == "granted"  # an objection says why
    owner.post(settings, {"action": "object", "case": case.id, "objection": "She was dismissed"})
    assert Case.objects.get().state == "held"
    assert tess.post(f"{place}/{case.id}/refuse/", {"reason": "She was dismissed"}).status_code == 302
    assert Case.objects.get().state == "refused"


def test_evidence_is_for_those_who_may_read_it(cast: Cast) -> None:
    sam = staff_person("Sam", StaffRole.SUPPORT)
    asked = ASKED | {"customer": cast.acme.id, "email": "nora@example.org", "old_owners": "keep"}
    sam.client.post("/staff/accounts/case/replacement/", asked)
    case, file = Case.objects.get(), BytesIO(b"secret")
    file.name = "extract.pdf"
    sam.client.post(f"/staff/accounts/case/{case.id}/evidence/", {"file": file, "reason": "Register"})
    Person.objects.get(pk=sam.person.pk).groups.clear()
    address = f"/staff/accounts/caseevidence/{CaseEvidence.objects.get().id}/file/"
    assert sam.client.get(address).status_code == 403
    assert cast.alice.client().get(address).status_code == 302  # to the entrance


def test_a_customer_consents_and_withdraws_in_the_portal_and_staff_export_who_may_be_named(cast: Cast) -> None:
    page, owner = cast.alice.url("settings/reference/"), cast.alice.client()
    assert consent_words() in owner.get(page).content.decode()
    assert owner.post(page, {"action": "consent"}).status_code == 422
    assert owner.post(page, {"action": "consent", "name": "on"}).status_code == 302
    consent_to_reference(actor=cast.mallory.actor, name=False, logo=True, words=consent_words(), now=clock.now())
    tess = staff_person("Tess", StaffRole.SUPERVISOR).client
    export = "/staff/accounts/referenceconsent/export.csv/"
    assert tess.get(export).content.decode().splitlines() == ["customer,name,logo", "Acme,yes,no", "Globex,no,yes"]
    assert owner.post(page, {"action": "withdraw"}).status_code == 302
    assert tess.get(export).content.decode().splitlines() == ["customer,name,logo", "Globex,no,yes"]


@pytest.mark.parametrize("role", ["support", "supervisor", "chief"])
def test_staff_are_registered_with_a_role(db: None, role: str) -> None:
    call_command("add_staff", "sam@operator.example", "Sam", "--role", role)
    person = Person.objects.get()
    assert person.is_superuser == (role == "chief")
    assert person.has_perm("accounts.request_accessgrant") == (role in {"support", "chief"})
    assert person.has_perm("accounts.approve_accessgrant") == (role in {"supervisor", "chief"})
    assert person.has_perm("accounts.view_customer")
    assert person.has_perm("trust.change_sealkey") == (role == "chief")
