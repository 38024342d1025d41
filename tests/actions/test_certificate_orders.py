"""Ordering a certificate, the key ceremony of two people, renewal, reminders and the end: real HSM, real authority."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, connections, transaction

from accounts.models import Customer
from billing.actions.record_charge import ItemNotOffered, PriceChanged, record_charge
from billing.actions.reverse_charge import reverse_charge
from billing.models import Charge, ItemPrice
from billing.queries.charges import certificate_prices, charges_to_invoice
from kernel import clock, runner
from kernel.actor import Actor
from kernel.errors import Forbidden, InvalidInput, NotFound, Refusal
from kernel.models import AuditEntry
from kernel.tenancy.context import customer_schema, forget_customers
from sealing.actions.accept_document import NewDocument, accept_document
from sealing.formats.independent import verify_independently
from sealing.formats.sample import sample_pdf
from sealing.models import Seal
from sealing.rules.requests import SealRequest
from tests.cast import Cast
from tests.doubles.unreliable_pki import FOR_SIGNATURES, ON_DEVICE, QUALIFIED, UnreliablePki, unreliable_pki
from tests.factories.orders import STASE, TOMAS, completed, confirmed, fingerprint, ordered
from tests.factories.trust import ACME, active_certificate, administrator, customer_row
from trust.actions._orders import SecondPersonNeeded, StepOutOfTurn
from trust.actions.activate_certificate import KeyCeremonyNeeded, activate_certificate
from trust.actions.ask_key_destruction import ask_key_destruction
from trust.actions.begin_ceremony import begin_ceremony
from trust.actions.cancel_order import KeyCeremonyBegun, cancel_order
from trust.actions.complete_order import complete_order
from trust.actions.confirm_key import FingerprintMismatch, confirm_key
from trust.actions.destroy_key import DestructionNotAsked, KeyInUse, destroy_key
from trust.actions.import_certificate import CertificateMisfit, CertificateNotTrusted, CertificateUnreadable
from trust.actions.import_ordered_certificate import import_ordered_certificate
from trust.actions.issue_certificate import CertificateOrderedByHand, issue_certificate
from trust.actions.order_certificate import CertificateOrderOpen, LegalEntityNeeded, order_certificate
from trust.actions.remind_of_certificates import remind_of_certificates
from trust.actions.renew_test_certificates import renew_test_certificates
from trust.actions.report_compromise import report_compromise
from trust.actions.request_certificate import request_certificate
from trust.actions.retire_expired_certificates import retire_expired_certificates
from trust.actions.want_minutes import want_minutes
from trust.gateways import hsm
from trust.gateways.chains import trust_anchors
from trust.models import CertificateOrder, CertificateReminder, SealCertificate
from trust.queries import CertificateExpired, NoActiveCertificate, sealing_certificate
from trust.queries.orders import certificate_views, minutes_of, open_order_of, order_of
from trust.rules.certificates import SEALING_MARGIN

DAY = timedelta(days=1)


@pytest.fixture
def acme(db: None) -> Customer:
    return customer_row("Acme", clock.now())


@pytest.fixture
def alice(acme: Customer) -> Actor:
    with_bills = administrator(acme).permissions | {"usage.read", "billing.read"}
    return replace(administrator(acme), permissions=frozenset(with_bills))


def sealing_with(customer: Customer, certificate_id: str | None = None, **late: Any) -> str:
    now = clock.now() + timedelta(**late)
    asked = {"customer_id": customer.id, "live": True, "certificate_id": certificate_id}
    return sealing_certificate(**asked, now=now).id


# --- Ordering ------------------------------------------------------------------------------------------------------


def test_the_prices_are_those_of_the_contract_and_an_order_is_charged_once(alice: Actor, acme: Customer) -> None:
    prices = {price.years: price.amount for price in certificate_prices(clock.legal_date(clock.now()))}
    assert prices == {1: Decimal("205.00"), 2: Decimal("355.00"), 3: Decimal("490.00")}
    first = ordered(alice, years=3)
    assert ordered(alice, years=3).id == first.id, "a second click orders nothing more"
    assert (first.legal_name, first.country, first.years) == (acme.name, "LT", 3)
    with pytest.raises(CertificateOrderOpen):
        ordered(alice, years=1)
    [owed] = charges_to_invoice(alice)
    assert (owed.amount, owed.item) == (Decimal("490.00"), "certificate_3_years")
    assert charges_to_invoice(replace(alice, permissions=frozenset({"usage.read"}))) == []
    actions = AuditEntry.objects.filter(customer_id=acme.id).values_list("action", flat=True)
    assert sorted(actions) == ["certificate_order.ordered", "charge.recorded"]
    with pytest.raises(Forbidden):
        ordered(replace(alice, permissions=frozenset({"certificate.read"})))


def test_an_order_that_does_not_fit_is_refused_and_nothing_is_charged(alice: Actor, acme: Customer) -> None:
    def order(**changed: Any) -> None:
        wishes = {"years": 1, "agreed_amount": Decimal(205), "registration_number": "302345678", "seal_name": "Acme"}
        order_certificate(actor=alice, now=clock.now(), **(wishes | changed))

    theirs = active_certificate(customer_row("Globex", clock.now()), clock.now())
    for changed, refusal in (
        ({"years": 4}, InvalidInput),
        ({"registration_number": "?"}, InvalidInput),
        ({"seal_name": "A" * 65}, InvalidInput),
        ({"key_algorithm": "rsa-1024"}, Refusal),
        ({"agreed_amount": Decimal("204.99")}, PriceChanged),
        ({"renews": theirs.id}, NotFound),
    ):
        with pytest.raises(refusal):
            order(**changed)
    Customer.objects.filter(id=acme.id).update(kind=Customer.Kind.NATURAL_PERSON)
    forget_customers()
    with pytest.raises(LegalEntityNeeded):
        order()
    assert not CertificateOrder.objects.exists()
    assert not Charge.objects.exists()


def test_a_cancelled_order_is_not_charged_and_only_staff_cancel_once_the_key_is_made(cast: Cast) -> None:
    alice = cast.alice.actor
    first = ordered(alice)
    with pytest.raises(NotFound):
        cancel_order(actor=cast.mallory.actor, order_id=first.id, now=clock.now())
    cancel_order(actor=alice, order_id=first.id, now=clock.now())
    assert charges_to_invoice(alice) == []
    with pytest.raises(StepOutOfTurn):
        cancel_order(actor=alice, order_id=first.id, now=clock.now())

    second = confirmed(alice)
    key = second.certificate.key
    with pytest.raises(KeyCeremonyBegun):
        cancel_order(actor=alice, order_id=second.id, now=clock.now())
    cancel_order(actor=STASE, order_id=second.id, now=clock.now())
    runner.drain()
    assert not hsm.key_exists(key.label)
    assert [owed.item for owed in charges_to_invoice(alice)] == ["setup"]
    assert ordered(alice).state == "ordered", "the next order is not held up by the cancelled one"


def test_prices_and_charges_never_change_and_a_reversal_fits_its_charge(alice: Actor, acme: Customer) -> None:
    ordered(alice)
    charge = Charge.objects.get()
    twisted = {"customer_id": acme.id, "item": charge.item, "currency": "EUR", "source_type": charge.source_type}
    for attempt in (
        lambda: Charge.objects.update(amount=1),
        lambda: Charge.objects.all().delete(),
        lambda: ItemPrice.objects.update(amount=1),
        lambda: Charge.objects.create(
            **twisted, source_id=charge.source_id, amount=-1, reverses=charge, occurred_at=clock.now()
        ),
        lambda: Charge.objects.create(**twisted, source_id=charge.source_id, amount=355, occurred_at=clock.now()),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    stranger = Actor.system("tests", customer_id="cus_other")
    with pytest.raises(NotFound):
        reverse_charge(actor=stranger, source_type="certificate_order", source_id=charge.source_id, now=clock.now())
    with pytest.raises(ItemNotOffered):
        record_charge(
            actor=alice,
            customer_id=acme.id,
            item="a_pony",
            source_type="pony",
            source_id="1",
            agreed_amount=Decimal(1),
            now=clock.now(),
        )


# --- The key ceremony ----------------------------------------------------------------------------------------------


def test_two_members_of_staff_make_the_key_and_nobody_alone(alice: Actor) -> None:
    order = ordered(alice)
    for outsider in (alice, Actor.system("tests")):
        with pytest.raises(Forbidden):
            begin_ceremony(actor=outsider, order_id=order.id, now=clock.now())
    begin_ceremony(actor=STASE, order_id=order.id, now=clock.now())
    with pytest.raises(StepOutOfTurn):
        begin_ceremony(actor=TOMAS, order_id=order.id, now=clock.now())
    with pytest.raises(SecondPersonNeeded):
        confirm_key(actor=STASE, order_id=order.id, fingerprint=fingerprint(order), now=clock.now())
    for misread in ("0" * 64, fingerprint(order)[:15], ""):
        with pytest.raises(FingerprintMismatch):
            confirm_key(actor=TOMAS, order_id=order.id, fingerprint=misread, now=clock.now())
    with pytest.raises(StepOutOfTurn):
        import_ordered_certificate(actor=TOMAS, order_id=order.id, now=clock.now())
    spelled = " ".join(fingerprint(order)[at : at + 4].upper() for at in range(0, 16, 4))
    confirm_key(actor=TOMAS, order_id=order.id, fingerprint=spelled, now=clock.now())
    with pytest.raises(DatabaseError), transaction.atomic():  # not even by hand
        order.steps.filter(kind="confirmed").update(person_id=STASE.id)


def test_a_key_that_was_exchanged_in_the_hsm_is_not_confirmed(alice: Actor) -> None:
    order = begin_ceremony(actor=STASE, order_id=ordered(alice).id, now=clock.now())
    hsm.destroy_key(order.certificate.key.label)
    hsm.generate_key_pair(order.certificate.key.label, "ec-p256")
    with pytest.raises(FingerprintMismatch):
        confirm_key(actor=TOMAS, order_id=order.id, fingerprint=fingerprint(order), now=clock.now())


def at_once(*attempts: Callable[[], object]) -> list[object]:
    """Run them in threads that start together; what each returned or was refused with."""
    outcomes: list[object] = []
    barrier = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> None:
        barrier.wait()
        try:
            outcomes.append(attempt())
        except Refusal as refusal:
            outcomes.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_clicks_at_one_moment_order_once_and_take_each_step_once(transactional_db: None) -> None:
    actor = administrator(customer_row("Acme", clock.now()))
    orders = at_once(*[lambda: ordered(actor)] * 3)
    assert len({order.id for order in orders}) == 1, orders  # type: ignore[attr-defined]  # orders they are
    assert Charge.objects.count() == 1
    order = CertificateOrder.objects.get()

    def begin(staff: Actor) -> object:
        return begin_ceremony(actor=staff, order_id=order.id, now=clock.now())

    def confirm(staff: Actor) -> object:
        return confirm_key(actor=staff, order_id=order.id, fingerprint=fingerprint(order), now=clock.now())

    begun = at_once(lambda: begin(STASE), lambda: begin(TOMAS))
    assert sorted(isinstance(one, StepOutOfTurn) for one in begun) == [False, True]
    done = at_once(*[lambda: confirm(STASE)] * 2, *[lambda: confirm(TOMAS)] * 2)
    assert sum(isinstance(one, CertificateOrder) for one in done) == 1
    assert set(order.steps.values_list("person_id", flat=True)) >= {STASE.id, TOMAS.id}


def test_two_different_orders_at_one_moment_become_one(transactional_db: None) -> None:
    actor = administrator(customer_row("Acme", clock.now()))
    outcomes = at_once(lambda: ordered(actor, years=1), lambda: ordered(actor, years=3))
    assert sorted(isinstance(one, CertificateOrderOpen) for one in outcomes) == [False, True]
    assert Charge.objects.count() == CertificateOrder.objects.count() == 1


def test_where_an_authority_is_asked_by_hand_no_live_certificate_is_activated_without_a_ceremony(
    alice: Actor, settings: Any
) -> None:
    order = confirmed(alice)
    import_ordered_certificate(actor=TOMAS, order_id=order.id, now=clock.now())
    around = active_request(administrator(customer_row("Globex", clock.now())))
    settings.CA_GATEWAY = "manual"
    with pytest.raises(KeyCeremonyNeeded):
        activate_certificate(actor=STASE, certificate_id=around.id, now=clock.now())
    assert complete_order(actor=STASE, order_id=order.id, now=clock.now()).state == "completed"


def active_request(actor: Actor) -> SealCertificate:
    wishes = {"customer_id": actor.customer, "live": True, "subject": ACME, "key_algorithm": "ec-p256"}
    requested = request_certificate(actor=actor, now=clock.now(), **wishes)
    return issue_certificate(actor=actor, certificate_id=requested.id, now=clock.now())


@pytest.fixture(scope="module")
def careless_pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnreliablePki]:
    with unreliable_pki(tmp_path_factory.mktemp("careless")) as pki:
        yield pki


def test_a_wrong_certificate_is_refused_by_its_fault_and_the_order_goes_on(
    alice: Actor, careless_pki: UnreliablePki, settings: Any
) -> None:
    settings.TRUST_ANCHORS, settings.CA_GATEWAY = careless_pki.anchors, "manual"
    order = confirmed(alice)
    key, two_years = hsm.public_key(order.certificate.key.label), 731 * DAY

    def bring(content: bytes | None) -> None:
        import_ordered_certificate(actor=TOMAS, order_id=order.id, content=content, now=clock.now())

    hsm.generate_key_pair("another-key", "ec-p256")
    stranger = hsm.public_key("another-key")
    hsm.destroy_key("another-key")
    for public_key, options, code in (
        (stranger, {}, "key_mismatch"),
        (key, {"ends": -timedelta(hours=1), "begins": -DAY}, "expired"),
        (key, {"ends": 600 * DAY}, "validity_too_short"),
        (key, {"states": (QUALIFIED, ON_DEVICE, FOR_SIGNATURES)}, "not_for_seals"),
        (key, {"states": ()}, "not_qualified"),
    ):
        with pytest.raises(CertificateMisfit) as refused:
            bring(careless_pki.certify(public_key, **({"ends": two_years} | options)))
        assert code in {error.code for error in refused.value.errors}
    with pytest.raises(CertificateNotTrusted):
        bring(careless_pki.certify(key, ends=two_years, issuer="test-seals"))
    with pytest.raises(CertificateUnreadable):
        bring(b"a letter")
    with pytest.raises(CertificateOrderedByHand):
        bring(None)
    assert order_of(alice, order.id).waits_for == "imported"
    bring(careless_pki.certify(key, ends=two_years))
    assert order_of(alice, order.id).waits_for == "completed"


# --- From the order to the seal, in a customer that can seal ---------------------------------------------------------


def test_the_minutes_are_sealed_with_the_new_certificate_and_tell_who_did_what(
    sealing_cast: Cast, tmp_path: Any
) -> None:
    alice = sealing_cast.alice.actor
    mail.outbox.clear()
    order = completed(alice)
    runner.drain()
    content = minutes_of(alice, order.id)
    (tmp_path / "minutes.pdf").write_bytes(content)
    certificate = SealCertificate.objects.get(id=order.certificate_id)
    verdicts = verify_independently(
        tmp_path / "minutes.pdf",
        trust_anchors(live=True),
        level="B-LT",
        now=clock.now(),
        known_certificates=certificate.issuers,
    )
    assert [verdict.passed for verdict in verdicts] == [True]
    told = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "minutes.pdf", "-"], capture_output=True, text=True, check=True
    )
    text = "".join(told.stdout.split())
    for fact in ("Stasė", "Tomas", order.certificate.key_id, certificate.serial, fingerprint(order), order.id):
        assert fact.replace(" ", "") in text, fact
    [ready] = [message for message in mail.outbox if message.to == [sealing_cast.alice.person.email]]
    assert "ready" in ready.subject
    with pytest.raises(NotFound):
        minutes_of(sealing_cast.mallory.actor, order.id)
    want_minutes(actor=STASE, order_id=order.id, now=clock.now())
    runner.drain()
    assert minutes_of(alice, order.id) == content
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE trust_ceremonyminutes SET content = ''")


def test_after_a_renewal_the_new_certificate_seals_and_what_was_queued_is_finished_with_the_old(
    sealing_cast: Cast,
) -> None:
    alice, acme = sealing_cast.alice.actor, sealing_cast.acme
    old = sealing_with(acme)

    def accept() -> str:
        with customer_schema(acme.id):
            accepted = accept_document(
                actor=alice,
                documents=[NewDocument("contract.pdf", BytesIO(sample_pdf()))],
                request=SealRequest(),
                live=True,
                idempotency_key=None,
                now=clock.now(),
            )
        return accepted.seal_id

    queued = accept()
    order = completed(alice, renews=old)
    later = accept()
    runner.drain()
    with customer_schema(acme.id):
        used = dict(Seal.objects.values_list("id", "certificate_id"))
        assert set(Seal.objects.values_list("status", flat=True)) == {"sealed"}
    assert (used[queued], used[later]) == (old, order.certificate_id)
    assert sealing_with(acme, old) == old, "both may be asked for by name"


# --- The end -------------------------------------------------------------------------------------------------------


def ends_in(certificate: SealCertificate, **left: Any) -> SealCertificate:
    SealCertificate.objects.filter(id=certificate.id).update(not_after=clock.now() + timedelta(**left))
    certificate.refresh_from_db()
    return certificate


def test_administrators_are_reminded_once_in_their_language_until_another_certificate_takes_over(
    sealing_cast: Cast,
) -> None:
    alice, acme = sealing_cast.alice, sealing_cast.acme
    alice.person.language = "lt"
    alice.person.save()
    runner.drain()
    mail.outbox.clear()
    certificate = SealCertificate.objects.get(customer=acme, live=True)
    ends_in(certificate, days=91)
    assert remind_of_certificates(now=clock.now()) == 0
    ends_in(certificate, days=20)
    for _again in range(3):
        remind_of_certificates(now=clock.now())
        runner.drain()
    assert [message.to for message in mail.outbox] == [[alice.person.email]]
    assert f"/c/{acme.slug}/certificates/{certificate.id}/" in mail.outbox[0].body
    assert list(CertificateReminder.objects.values_list("days", flat=True)) == [30]
    [view] = [view for view in certificate_views(alice.actor, now=clock.now()) if view.row.live]
    assert (view.attention, view.days_left) == (True, 19)
    ends_in(certificate, days=6)
    completed(alice.actor, renews=certificate.id)
    assert remind_of_certificates(now=clock.now()) == 0
    assert not any(view.attention for view in certificate_views(alice.actor, now=clock.now()))


def test_reminders_at_one_moment_are_one(transactional_db: None) -> None:
    certificate = active_certificate(customer_row("Acme", clock.now()), clock.now())
    ends_in(certificate, days=5)
    sent = at_once(*[lambda: remind_of_certificates(now=clock.now())] * 3)
    assert sorted(sent) == [0, 0, 1]  # type: ignore[type-var]  # numbers they are


def test_sealing_stops_an_hour_before_the_end_and_an_expired_certificate_is_retired(
    alice: Actor, acme: Customer
) -> None:
    certificate = active_certificate(acme, clock.now())
    system = Actor.system("tests")
    ends_in(certificate, seconds=SEALING_MARGIN.total_seconds() + 60)
    assert sealing_with(acme) == certificate.id
    with pytest.raises(CertificateExpired):
        sealing_with(acme, minutes=2)
    assert retire_expired_certificates(actor=system, now=certificate.not_after) == 0
    assert retire_expired_certificates(actor=system, now=certificate.not_after + timedelta(microseconds=1)) == 1
    assert retire_expired_certificates(actor=system, now=certificate.not_after + DAY) == 0
    certificate.refresh_from_db()
    assert (certificate.state, hsm.key_exists(certificate.key.label)) == ("retired", True)


def test_a_key_that_may_be_compromised_seals_nothing_more_and_staff_are_told(sealing_cast: Cast) -> None:
    alice, acme = sealing_cast.alice.actor, sealing_cast.acme
    staff = sealing_cast.dave.person
    staff.is_staff = True
    staff.save()
    certificate = sealing_with(acme)
    runner.drain()
    mail.outbox.clear()
    with pytest.raises(NotFound):
        report_compromise(actor=sealing_cast.mallory.actor, certificate_id=certificate, now=clock.now())
    report_compromise(actor=alice, certificate_id=certificate, now=clock.now())
    runner.drain()
    assert [message.to for message in mail.outbox] == [[staff.email]]
    with pytest.raises(NoActiveCertificate):
        sealing_with(acme)


def test_staff_destroy_a_key_in_two(alice: Actor, acme: Customer) -> None:
    certificate = active_certificate(acme, clock.now())
    key = certificate.key
    with pytest.raises(KeyInUse):
        ask_key_destruction(actor=STASE, key_id=key.id, now=clock.now())
    report_compromise(actor=alice, certificate_id=certificate.id, now=clock.now())
    with pytest.raises(DestructionNotAsked):
        destroy_key(actor=STASE, key_id=key.id, now=clock.now())
    with pytest.raises(Forbidden):
        ask_key_destruction(actor=alice, key_id=key.id, now=clock.now())
    ask_key_destruction(actor=STASE, key_id=key.id, now=clock.now())
    with pytest.raises(SecondPersonNeeded):
        destroy_key(actor=STASE, key_id=key.id, now=clock.now())
    assert hsm.key_exists(key.label)
    destroy_key(actor=TOMAS, key_id=key.id, now=clock.now())
    assert not hsm.key_exists(key.label)


def test_test_certificates_are_replaced_before_they_end(sealing_cast: Cast) -> None:
    acme = sealing_cast.acme
    [certificate] = SealCertificate.objects.filter(customer=acme, live=False)
    for left, count in ((31, 1), (29, 2), (29, 2)):
        ends_in(certificate, days=left)
        renew_test_certificates(now=clock.now())
        runner.drain()
        assert SealCertificate.objects.filter(customer=acme, live=False, state="active").count() == count
    assert open_order_of(sealing_cast.alice.actor) is None
    assert not Charge.objects.filter(source_type="certificate_order").exists()
