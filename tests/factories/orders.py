"""Orders of certificates, and the two members of staff that fulfil them."""

from __future__ import annotations

from decimal import Decimal

from kernel import clock
from kernel.actor import Actor
from trust.actions._orders import write_step
from trust.actions.begin_ceremony import begin_ceremony
from trust.actions.complete_order import complete_order
from trust.actions.confirm_key import confirm_key
from trust.actions.import_ordered_certificate import import_ordered_certificate
from trust.actions.order_certificate import order_certificate
from trust.models import CeremonyMinutes, CertificateOrder, SealCertificate
from trust.rules.orders import Step

STASE = Actor.staff(person_id="801", name="Stasė", reason="Order")
TOMAS = Actor.staff(person_id="802", name="Tomas", reason="Order")
PRICES = {1: Decimal("205.00"), 2: Decimal("355.00"), 3: Decimal("490.00")}


def ordered(actor: Actor, *, years: int = 2, renews: str | None = None) -> CertificateOrder:
    """An order at the price of the list."""
    return order_certificate(
        actor=actor,
        years=years,
        agreed_amount=PRICES[years],
        registration_number="302345678",
        seal_name="Acme seal",
        key_algorithm="ec-p256",
        renews=renews,
        now=clock.now(),
    )


def fingerprint(order: CertificateOrder) -> str:
    """What the first person reads out."""
    return str(order.steps.get(kind="key_made").facts["key_sha256"])


def confirmed(actor: Actor, **wishes: object) -> CertificateOrder:
    """An order whose key was made by one person and confirmed by another."""
    order = ordered(actor, **wishes)  # type: ignore[arg-type]  # passed on
    order = begin_ceremony(actor=STASE, order_id=order.id, now=clock.now())
    return confirm_key(actor=TOMAS, order_id=order.id, fingerprint=fingerprint(order), now=clock.now())


def completed(actor: Actor, **wishes: object) -> CertificateOrder:
    """An order whose certificate the development CA has issued, and which is in use."""
    order = confirmed(actor, **wishes)
    import_ordered_certificate(actor=TOMAS, order_id=order.id, now=clock.now())
    return complete_order(actor=TOMAS, order_id=order.id, now=clock.now())


def minuted_order(actor: Actor, certificate: SealCertificate) -> CertificateOrder:
    """An order that was completed with a certificate made before, and minutes; nothing is asked of HSM or authority."""
    order = ordered(actor)
    for step, staff in (
        (Step.KEY_MADE, STASE),
        (Step.CONFIRMED, TOMAS),
        (Step.IMPORTED, TOMAS),
        (Step.COMPLETED, TOMAS),
    ):
        write_step(staff, order, step, now=clock.now())
    CertificateOrder.objects.filter(id=order.id).update(state="completed", certificate=certificate)
    CeremonyMinutes.objects.create(order=order, content=b"%PDF-1.7 minutes", sha256="", sealed_at=clock.now())
    order.refresh_from_db()
    return order
