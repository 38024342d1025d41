"""Orders a qualified certificate for the actor's customer, and charges it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.actions.give_notice import give_notice
from accounts.queries import staff_people
from billing.actions.record_charge import record_charge
from billing.queries.charges import certificate_prices
from kernel.actor import Actor
from kernel.clock import legal_date
from kernel.errors import FieldError, InvalidInput, NotFound, Refusal
from kernel.tenancy.context import find_customer
from trust.actions._orders import write_step
from trust.actions.request_certificate import KeyAlgorithmUnknown
from trust.gateways import hsm
from trust.models import CertificateOrder, SealCertificate
from trust.rules.orders import Step, is_registration_number, next_step


class LegalEntityNeeded(Refusal):
    """An electronic seal is a legal person's (eIDAS, article 3 (24))."""

    code = "legal_entity_needed"
    title = _("Certificates for electronic seals are for legal entities only.")


class CertificateOrderOpen(Refusal):
    """The customer waits for another certificate that it ordered."""

    code = "certificate_order_open"
    status = 409
    title = _("Another certificate is on order already. It must be finished or cancelled first.")


def order_certificate(
    *,
    actor: Actor,
    years: int,
    agreed_amount: Decimal,
    registration_number: str,
    seal_name: str,
    now: datetime,
    key_algorithm: str = "",
    renews: str | None = None,
) -> CertificateOrder:
    """An order for 1, 2 or 3 years, with its charge in the same transaction (clause A4).

    Legal name and country are those of the customer's record. `agreed_amount` is the price that was shown, EUR without
    VAT. `renews` names the certificate that it follows; the key is always a new one, SEAL_KEY_ALGORITHM by default.
    Ordering the same again while it is open returns the first order. Raises NotFound, InvalidInput, LegalEntityNeeded,
    KeyAlgorithmUnknown, CertificateOrderOpen, and what `record_charge` raises.
    """
    actor.require("certificate.manage")
    customer = find_customer("id", actor.customer)
    if customer is None:
        raise NotFound
    wanted = CertificateOrder(
        customer_id=customer.id,
        years=years,
        key_algorithm=key_algorithm or settings.SEAL_KEY_ALGORITHM,
        legal_name=customer.name,
        country=customer.country,
        registration_number=registration_number.strip().upper(),
        seal_name=seal_name.strip(),
        amount=agreed_amount,
        renews=_renewed(actor, renews),
        ordered_at=now,
    )
    _check(wanted, legal_entity=customer.kind == "legal_entity")
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
            _charge(actor, wanted, now)
            write_step(actor, wanted, Step.ORDERED, now=now, facts=_agreed(wanted))
            _tell_staff(wanted, now)
    except IntegrityError as error:
        return _open_order(wanted, error)
    return wanted


def _renewed(actor: Actor, certificate_id: str | None) -> SealCertificate | None:
    if certificate_id is None:
        return None
    found = SealCertificate.objects.visible_to(actor).filter(id=certificate_id, live=True).first()
    if found is None or found.certificate is None:
        raise NotFound
    return found


def _check(wanted: CertificateOrder, *, legal_entity: bool) -> None:
    if not legal_entity:
        raise LegalEntityNeeded
    if wanted.key_algorithm not in hsm.KEY_ALGORITHMS:
        raise KeyAlgorithmUnknown
    faults = {
        "/years": wanted.years not in {1, 2, 3},
        "/registration_number": not is_registration_number(wanted.registration_number),
        "/seal_name": not 0 < len(wanted.seal_name) <= 64,
    }
    if found := [
        FieldError(pointer, "invalid_value", str(_SAID[pointer])) for pointer, wrong in faults.items() if wrong
    ]:
        raise InvalidInput(errors=found)


_SAID = {
    "/years": _("A certificate is ordered for 1, 2 or 3 years."),
    "/registration_number": _("The number of your entry in the trade register: letters and digits, at least three."),
    "/seal_name": _("The name in the seal has 1 to 64 characters."),
}


def _charge(actor: Actor, order: CertificateOrder, now: datetime) -> None:
    items = {price.years: price.item for price in certificate_prices(legal_date(now))}
    record_charge(
        actor=actor,
        customer_id=order.customer_id,
        item=items.get(order.years, ""),
        source_type="certificate_order",
        source_id=order.id,
        agreed_amount=order.amount,
        now=now,
    )


def _tell_staff(order: CertificateOrder, now: datetime) -> None:
    give_notice(
        kind="certificate_order.placed",
        customer_id=None,
        now=now,
        people=staff_people(),
        facts={"order": order.id, "ordered_by": order.legal_name, "years": order.years},
        subject=order.id,
    )


def _agreed(order: CertificateOrder) -> dict[str, str | int]:
    return {
        "years": order.years,
        "amount": str(order.amount),
        "legal_name": order.legal_name,
        "registration_number": order.registration_number,
        "key_algorithm": order.key_algorithm,
    }


def _open_order(wanted: CertificateOrder, error: IntegrityError) -> CertificateOrder:
    """The order that was in the way: the same one, sent twice; or raise CertificateOrderOpen."""
    rows = CertificateOrder.objects.filter(customer_id=wanted.customer_id).order_by("-ordered_at")
    found = next((row for row in rows if next_step(row.state)), None)
    if found is None:
        raise error
    if _agreed(found) | {"seal": found.seal_name} != _agreed(wanted) | {"seal": wanted.seal_name}:
        raise CertificateOrderOpen from error
    return found
