"""Cases: the right person becomes owner, an account passes to another entity, and nobody does it alone or at once."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from accounts.actions._cases import CaseOutOfTurn, EvidenceNeeded, SecondDeciderNeeded
from accounts.actions.accept_invitation import accept_invitation
from accounts.actions.add_evidence import EvidenceDoesNotFit, add_evidence
from accounts.actions.answer_case import answer_case
from accounts.actions.carry_out_cases import carry_out_cases
from accounts.actions.consent_to_reference import consent_to_reference
from accounts.actions.decide_case import decide_case
from accounts.actions.invite_again import invite_again
from accounts.actions.invite_members import invite_members
from accounts.actions.open_case import AskedBy, CaseExists, open_case
from accounts.actions.read_evidence import read_evidence
from accounts.actions.restore_customer import restore_customer
from accounts.actions.suspend_customer import suspend_customer
from accounts.actions.withdraw_case import withdraw_case
from accounts.actions.withdraw_reference import NoReferenceConsent, withdraw_reference
from accounts.models import Case, CaseEvidence, Customer, CustomerIdentity, Invitation, Membership, Notice, Suspension
from accounts.queries import actor_of_person, invitation_secret, offered_invitation
from accounts.queries.cases import identity_at
from accounts.queries.references import consent_words, consented_references
from accounts.rules.cases import LARGEST_EVIDENCE, CaseKind
from accounts.rules.invitation_lists import Line
from accounts.rules.invitations import DAILY_LIMIT
from accounts.rules.permissions import Role
from accounts.rules.references import words_digest
from accounts.rules.staff_roles import StaffRole
from accounts.rules.suspensions import Ground
from kernel import clock, jobs, runner
from kernel.audit import payload_of
from kernel.errors import Forbidden, NotFound
from kernel.models import AuditEntry, Event, Job
from tests.cast import Cast, Customers
from tests.queued import carried_out
from tests.staff import Staff, staff_person
from trust.queries import certificates_of

WHO = AskedBy("Nora Board", "+370 600 00000", "member of the board")
LATER = timedelta(days=7)


@pytest.fixture
def sam(db: None) -> Staff:
    return staff_person("Sam", StaffRole.SUPPORT)


@pytest.fixture
def tess(db: None) -> Staff:
    return staff_person("Tess", StaffRole.SUPERVISOR)


def opened(cast: Cast, sam: Staff, now: datetime, email: str, *, old_owners: str = "end", evidence: int = 1) -> Case:
    facts = {"email": email, "old_owners": old_owners}
    kind = CaseKind.ADMINISTRATOR_REPLACEMENT
    case = open_case(actor=sam.actor, kind=kind, customer_id=cast.acme.id, asked_by=WHO, facts=facts, now=now)
    for _each in range(evidence):
        prove(sam, case, now)
    return case


def prove(sam: Staff, case: Case, now: datetime, content: bytes = b"extract of the register") -> CaseEvidence:
    file = io.BytesIO(content)
    return add_evidence(actor=sam.actor, case_id=case.id, name="extract.pdf", size=len(content), file=file, now=now)


def statuses(cast: Cast) -> dict[str, tuple[str, str]]:
    members = Membership.objects.filter(customer=cast.acme).select_related("person")
    return {str(each): (each.role, each.status) for each in members}


def test_somebody_with_a_right_to_act_becomes_owner_and_the_one_before_leaves_only_then(
    cast: Cast, customers: Customers, sam: Staff, tess: Staff, now: datetime
) -> None:
    nora = customers.person("Nora")
    case = opened(cast, sam, now, nora.email)
    assert Notice.objects.get(kind="case.opened").deliveries.get().person == cast.alice.person
    case = decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)
    assert case.takes_effect_at is not None
    assert carried_out("accounts.carry_out_cases", case.takes_effect_at - timedelta(microseconds=1)) == 0
    assert not Invitation.objects.filter(email=nora.email).exists()
    assert carried_out("accounts.carry_out_cases", case.takes_effect_at) == 1
    assert carried_out("accounts.carry_out_cases", case.takes_effect_at) == 0
    assert statuses(cast)["Alice"] == ("owner", "active")  # until there is another owner
    first = Invitation.objects.get(email=nora.email)
    invite_again(actor=sam.actor, case_id=case.id, now=case.takes_effect_at)
    second = Invitation.objects.unused().get(email=nora.email)
    with pytest.raises(NotFound):
        accept_invitation(actor=actor_of_person(nora), secret=invitation_secret(first.id), now=case.takes_effect_at)
    accept_invitation(actor=actor_of_person(nora), secret=invitation_secret(second.id), now=case.takes_effect_at)
    runner.drain()
    assert statuses(cast)["Nora"] == ("owner", "active")
    assert statuses(cast)["Alice"] == ("owner", "ended")
    assert Case.objects.get().state == "done"
    told = Notice.objects.get(kind="case.done").deliveries.values_list("person__name", flat=True)
    assert sorted(told) == ["Alice", "Nora"]


def test_a_member_becomes_owner_without_an_invitation(cast: Cast, sam: Staff, tess: Staff, now: datetime) -> None:
    case = opened(cast, sam, now, cast.bob.person.email, old_owners="administrator")
    decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)
    carried_out("accounts.carry_out_cases", now + LATER)
    assert statuses(cast)["Bob"] == ("owner", "active")
    assert statuses(cast)["Alice"] == ("administrator", "active")


def test_who_is_replaced_cannot_stand_in_the_way(cast: Cast, sam: Staff, tess: Staff, now: datetime) -> None:
    """The owner allows invitations to another domain only, and uses up those of the day."""
    case = opened(cast, sam, now, "nora@board.example")
    decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)
    Customer.objects.filter(id=cast.acme.id).update(sign_in_rules={"email_domains": ["acme.example"]})
    lines = [Line(number, f"x{number}@acme.example", Role.MEMBER) for number in range(DAILY_LIMIT)]
    assert len(invite_members(actor=cast.alice.actor, lines=lines, now=now + LATER)) == DAILY_LIMIT
    assert carried_out("accounts.carry_out_cases", now + LATER) == 1
    invitation = Invitation.objects.unused().get(email="nora@board.example")
    assert offered_invitation(secret=invitation_secret(invitation.id), now=now + LATER).role == "owner"


def test_a_case_that_cannot_be_carried_out_is_seen_and_holds_up_no_other(cast: Cast, sam: Staff, tess: Staff) -> None:
    now = clock.now() - LATER
    first = opened(cast, sam, now, cast.bob.person.email)
    second = opened(replace(cast, acme=cast.globex), sam, now, "nora@board.example")
    for case in (first, second):
        decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)
    Case.objects.filter(id=first.id).update(facts={})
    jobs.enqueue_row("accounts.carry_out_case", row_id="case_refused", now=now)  # there is none by that name
    assert carry_out_cases(now=now + LATER) == carry_out_cases(now=now + LATER) == 2
    while Job.objects.filter(state="queued").update(run_at=datetime(2020, 1, 1, tzinfo=UTC)):
        runner.drain()
    assert dict(Case.objects.values_list("id", "state")) == {first.id: "granted", second.id: "invited"}
    dead = sorted(Job.objects.filter(state="dead").values_list("key", flat=True))
    assert [key.split(":")[:2] for key in dead] == [
        ["accounts.carry_out_case", each] for each in sorted([first.id, "case_refused"])
    ]
    assert carry_out_cases(now=now + LATER + timedelta(hours=1)) == 1
    assert Job.objects.filter(state="queued", key__contains=first.id).count() == 1, "tried anew in the next hour"


def test_an_owner_objects_or_agrees_and_nobody_else_is_asked(
    cast: Cast, sam: Staff, tess: Staff, now: datetime
) -> None:
    case = opened(cast, sam, now, cast.bob.person.email, old_owners="keep")
    alice = cast.alice.actor
    with pytest.raises(CaseOutOfTurn):
        answer_case(actor=alice, case_id=case.id, agrees=True, objection="", now=now)
    decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)
    with pytest.raises(NotFound):
        answer_case(actor=cast.mallory.actor, case_id=case.id, agrees=True, objection="", now=now)
    with pytest.raises(Forbidden):
        answer_case(actor=cast.bob.actor, case_id=case.id, agrees=True, objection="", now=now)
    answer_case(actor=alice, case_id=case.id, agrees=False, objection="He has left", now=now)
    assert carried_out("accounts.carry_out_cases", now + 10 * LATER) == 0
    decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now + LATER)
    answer_case(actor=alice, case_id=case.id, agrees=True, objection="", now=now + LATER)
    assert carried_out("accounts.carry_out_cases", now + LATER) == 1
    assert statuses(cast)["Alice"] == statuses(cast)["Bob"] == ("owner", "active")


def test_nobody_decides_alone_or_without_evidence(cast: Cast, sam: Staff, tess: Staff, now: datetime) -> None:
    case = opened(cast, sam, now, "new@example.org", evidence=0)
    with pytest.raises(EvidenceNeeded):
        decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)
    prove(sam, case, now)
    with pytest.raises(SecondDeciderNeeded):
        decide_case(actor=sam.actor, case_id=case.id, granted=True, now=now)
    with pytest.raises(Forbidden):
        decide_case(actor=cast.alice.actor, case_id=case.id, granted=False, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.update(state="granted", decided_by=sam.person, takes_effect_at=now)
    with pytest.raises(CaseExists):
        opened(cast, sam, now, "other@example.org")
    withdraw_case(actor=sam.actor, case_id=case.id, now=now)
    with pytest.raises(CaseOutOfTurn):
        decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)


def test_evidence_is_encrypted_fits_and_each_reading_is_on_record(cast: Cast, sam: Staff, now: datetime) -> None:
    case = opened(cast, sam, now, "new@example.org", evidence=0)
    for size in (0, LARGEST_EVIDENCE + 1):
        with pytest.raises(EvidenceDoesNotFit):
            add_evidence(actor=sam.actor, case_id=case.id, name="x", size=size, file=io.BytesIO(b"x"), now=now)
    kept = prove(sam, case, now)
    with default_storage.open(kept.object_name) as stored:
        assert b"register" not in stored.read()
    found = read_evidence(actor=sam.actor, evidence_id=kept.id, now=now)
    assert (found.name, b"".join(found.parts)) == ("extract.pdf", b"extract of the register")
    assert payload_of(AuditEntry.objects.get(action="case.evidence_read")).details["evidence"] == kept.id
    with pytest.raises(Forbidden):
        read_evidence(actor=cast.alice.actor, evidence_id=kept.id, now=now)


def test_an_account_passes_to_another_entity_and_who_it_was_is_kept(
    sealing_cast: Cast, sam: Staff, tess: Staff
) -> None:
    effect = clock.now()
    acme, now, wanted = sealing_cast.acme, effect - timedelta(days=40), effect - timedelta(days=1)
    Customer.objects.filter(id=acme.id).update(created_at=now)
    entity = {
        "name": "Acme Successor UAB",
        "kind": "legal_entity",
        "country": "LV",
        "register_number": "40003000000",
        "vat_number": "LV40003000000",
    }
    case = open_case(
        actor=sam.actor,
        kind=CaseKind.ACCOUNT_TRANSFER,
        customer_id=acme.id,
        asked_by=WHO,
        facts=entity,
        wanted_at=wanted,
        now=now,
    )
    prove(sam, case, now, b"consent of Acme")
    with pytest.raises(EvidenceNeeded):
        decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)
    prove(sam, case, now, b"consent of the successor")
    decide_case(actor=tess.actor, case_id=case.id, granted=True, now=now)
    before = {each.id for each in certificates_of(sealing_cast.alice.actor) if each.state == "active"}
    assert carried_out("accounts.carry_out_cases", wanted - timedelta(seconds=1)) == 0
    assert carried_out("accounts.carry_out_cases", effect) == 1
    acme.refresh_from_db()
    assert (acme.name, acme.country) == ("Acme Successor UAB", "LV")
    assert Event.objects.get(name="customer.transferred").subject == acme.id
    runner.drain()
    after = {each.id: each.state for each in certificates_of(sealing_cast.alice.actor)}
    assert before
    assert {after[each] for each in before} == {"retired"}
    new = [each for each in certificates_of(sealing_cast.alice.actor) if each.state == "active"]
    assert new
    assert all("Acme Successor" in each.subject for each in new)
    old, now_held = (identity_at(acme.id, at) for at in (effect - timedelta(microseconds=1), effect))
    assert old is not None
    assert now_held is not None
    assert (old.name, now_held.name, now_held.register_number) == ("Acme", "Acme Successor UAB", "40003000000")
    assert CustomerIdentity.objects.count() == 2


def test_a_suspension_tells_its_ground_and_reason_and_is_lifted_with_one(
    cast: Cast, tess: Staff, now: datetime
) -> None:
    suspend_customer(actor=tess.actor, customer_id=cast.acme.id, ground=Ground.SANCTIONS, now=now)
    page = cast.bob.client().get(cast.bob.url("")).content.decode()
    assert "sanctions" in page
    assert "Because" in page
    assert "Nothing is lost" in page
    notice = Notice.objects.get(kind="customer.suspended")
    assert [each.person for each in notice.deliveries.all()] == [cast.alice.person]
    assert Suspension.objects.get().review_at == now + timedelta(days=30)
    restore_customer(actor=tess.actor, customer_id=cast.acme.id, now=now + LATER)
    held = Suspension.objects.get()
    assert (held.lifted_at, held.lifted_by, held.lift_reason) == (now + LATER, "Tess", "Because")
    assert Customer.objects.get(id=cast.acme.id).status == "active"


def consent(member: Any, now: datetime, *, logo: bool = False) -> None:
    consent_to_reference(actor=member.actor, name=True, logo=logo, words=consent_words(), now=now)


def test_a_reference_needs_consent_in_known_words_and_ends_with_it_at_once(cast: Cast, now: datetime) -> None:
    assert consented_references() == []
    with pytest.raises(Forbidden):
        consent(cast.bob, now)
    consent(cast.alice, now)
    consent(cast.alice, now, logo=True)
    consent(cast.mallory, now)
    assert [(each.customer_name, each.name, each.logo) for each in consented_references()] == [
        ("Acme", True, True),
        ("Globex", True, False),
    ]
    entry = AuditEntry.objects.filter(action="reference.consented", customer_id=cast.acme.id).last()
    assert entry is not None
    assert payload_of(entry).details["words_sha256"] == words_digest(consent_words())
    withdraw_reference(actor=cast.alice.actor, now=now)
    assert [each.customer_name for each in consented_references()] == ["Globex"]
    with pytest.raises(NoReferenceConsent):
        withdraw_reference(actor=cast.alice.actor, now=now)
    kinds = Notice.objects.filter(customer=cast.acme).order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["reference.consented", "reference.consented", "reference.withdrawn"]


def test_a_suspended_customer_is_no_reference(cast: Cast, tess: Staff, now: datetime) -> None:
    consent(cast.alice, now)
    suspend_customer(actor=tess.actor, customer_id=cast.acme.id, ground=Ground.ABUSE, now=now)
    assert consented_references() == []
