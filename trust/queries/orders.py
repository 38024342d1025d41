"""Certificates and orders as pages show them: how long they last, what comes next, who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.tenancy.context import find_customer
from trust.gateways.certificate_facts import pem_text
from trust.models import CeremonyMinutes, CeremonyStep, CertificateOrder, SealCertificate
from trust.queries import certificate_of, certificates_of
from trust.rules.certificates import sealing_until
from trust.rules.orders import Step, next_step
from trust.rules.reminders import REMINDER_DAYS


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as its customer sees it. `days_left` counts whole days; both ends are None until it is imported.

    `attention` says that it must be renewed: it is in use, ends soon, and nothing that lasts longer is in use.
    """

    row: SealCertificate
    days_left: int | None
    sealing_until: datetime | None
    expired: bool
    attention: bool


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its steps so far and the one it waits for, if any."""

    row: CertificateOrder
    steps: tuple[CeremonyStep, ...]
    waits_for: Step | None
    has_minutes: bool


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What the minutes of a key ceremony tell, and the certificate they are sealed with."""

    order: CertificateOrder
    certificate: SealCertificate
    steps: tuple[CeremonyStep, ...]
    key: dict[str, str]


def certificate_views(actor: Actor, *, now: datetime) -> list[CertificateView]:
    """The certificates of the actor's customer, newest first. Raises Forbidden."""
    found = list(certificates_of(actor))
    return [_view(one, found, now) for one in found]


def certificate_view(actor: Actor, certificate_id: str, *, now: datetime) -> CertificateView:
    """One of them. Raises Forbidden, NotFound."""
    return _view(certificate_of(actor, certificate_id), list(certificates_of(actor)), now)


def _view(row: SealCertificate, beside: list[SealCertificate], now: datetime) -> CertificateView:
    if row.not_after is None:
        return CertificateView(row, None, None, expired=False, attention=False)
    days, in_use = (row.not_after - now).days, row.state == SealCertificate.State.ACTIVE
    outlasted = any(
        one.live and one.state == row.state and one.not_after and (one.not_after, one.id) > (row.not_after, row.id)
        for one in beside
    )
    return CertificateView(
        row,
        days_left=max(days, 0),
        sealing_until=sealing_until(row.not_after),
        expired=now > row.not_after,
        attention=row.live and in_use and not outlasted and days < REMINDER_DAYS[0],
    )


def orders_of(actor: Actor) -> list[OrderView]:
    """The orders of the actor's customer, newest first. Raises Forbidden."""
    return [_order_view(one) for one in _orders(actor)]


def open_order_of(actor: Actor) -> OrderView | None:
    """The order that the actor's customer waits for; None for who may not order."""
    if not actor.may("certificate.manage"):
        return None
    return next((view for view in orders_of(actor) if view.waits_for), None)


def order_for(actor: Actor, certificate_id: str) -> OrderView | None:
    """The order that a certificate came from; None without one, and for who may not order."""
    if not actor.may("certificate.manage"):
        return None
    found = _orders(actor).filter(certificate_id=certificate_id).first()
    return _order_view(found) if found else None


def order_of(actor: Actor, order_id: str) -> OrderView:
    """One order. Raises Forbidden, NotFound."""
    found = _orders(actor).filter(id=order_id).first()
    if found is None:
        raise NotFound
    return _order_view(found)


def minutes_of(actor: Actor, order_id: str) -> bytes:
    """The sealed minutes of an order's ceremony (PDF). Raises Forbidden, NotFound."""
    actor.require("certificate.manage")
    order = CertificateOrder.objects.visible_to(actor).filter(id=order_id)
    found = CeremonyMinutes.objects.filter(order__in=order).first()
    if found is None:
        raise NotFound
    return bytes(found.content)


def ceremony_to_minute(order_id: str) -> Ceremony | None:
    """What the minutes of a completed order must tell; None when they are filed already. Raises NotFound."""
    order = CertificateOrder.objects.select_related("certificate__key").filter(id=order_id, state="completed").first()
    if order is None or order.certificate is None:
        raise NotFound
    if CeremonyMinutes.objects.filter(order=order).exists():
        return None
    steps = tuple(order.steps.order_by("at", "id"))
    key = next(step.facts for step in steps if step.kind == Step.KEY_MADE)
    return Ceremony(order=order, certificate=order.certificate, steps=steps, key=key)


def open_orders() -> int:
    """How many orders wait for staff."""
    return CertificateOrder.objects.filter(state__in=[step.value for step in Step if next_step(step)]).count()


def _orders(actor: Actor) -> QuerySet[CertificateOrder]:
    actor.require("certificate.manage")
    found = CertificateOrder.objects.visible_to(actor).select_related("minutes", "certificate", "renews")
    return found.defer("minutes__content").prefetch_related("steps").order_by("-ordered_at", "-id")


def _order_view(row: CertificateOrder) -> OrderView:
    steps = tuple(sorted(row.steps.all(), key=lambda step: (step.at, step.id)))
    return OrderView(row, steps, next_step(row.state), has_minutes=hasattr(row, "minutes"))


def order_proposal(actor: Actor, renews: str) -> dict[str, str]:
    """What an order form begins with: as it was ordered before, else as the customer is called.

    Raises Forbidden, and NotFound for a certificate to renew that is not the customer's.
    """
    actor.require("certificate.manage")
    if renews:
        certificate_of(actor, renews)
    earlier = CertificateOrder.objects.visible_to(actor).order_by("-ordered_at").first()
    if earlier is not None:
        return {"registration_number": earlier.registration_number, "seal_name": earlier.seal_name}
    customer = find_customer("id", actor.customer)
    return {"seal_name": customer.name[:64] if customer else ""}


def chain_of(actor: Actor, certificate_id: str) -> str:
    """A certificate and its issuers in PEM, without the root. Raises Forbidden, NotFound, also before it is issued."""
    found = certificate_of(actor, certificate_id)
    if found.certificate is None:
        raise NotFound
    return pem_text((found.der, *found.issuers))
