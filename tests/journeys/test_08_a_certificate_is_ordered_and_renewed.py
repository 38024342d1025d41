"""Story 8: an owner orders a certificate, two of staff make its key, it seals; renewed, the new one seals."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.utils import quote
from playwright.sync_api import Page, expect

from sealing.formats.sample import sample_pdf
from tests.journeys.conftest import Browsing
from tests.stack import RunningStack
from tests.waiting import wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def order(owner: Page, years: str) -> str:
    """Fill in the page that is open; the id of the order."""
    owner.get_by_role("radio", name=years).check()
    owner.get_by_label("Number in the trade register").fill("302345678")
    owner.get_by_role("button", name="Order with obligation to pay").click()
    expect(owner.get_by_text("Two of our staff will make the key")).to_be_visible()
    return owner.url.rstrip("/").rpartition("/")[2]


def take_step(staff: Page, order_id: str, name: str, **fields: str) -> None:
    """Press the order's one primary button, say why, confirm."""
    staff.goto(f"/staff/trust/certificateorder/{quote(order_id)}/change/")  # as the list links to it
    staff.get_by_role("link", name=name, exact=True).click()
    expect(staff.get_by_text(order_id)).to_be_visible()
    for field, value in (fields | {"reason": f"Order {order_id}"}).items():
        staff.locator(f"[name={field}]").fill(value)
    staff.locator("form button[type=submit]").last.click()


def read_out(staff: Page, order_id: str) -> str:
    """The fingerprint as the first person reads it to the second."""
    staff.goto(f"/staff/trust/certificateorder/{order_id}/change/")
    found = re.search(r"key_sha256\W+([0-9a-f]{64})", staff.locator("body").inner_text())
    assert found
    return found[1][:16]


def hold_ceremony(first: Page, second: Page, order_id: str) -> None:
    take_step(first, order_id, "Make the key")
    fingerprint = read_out(first, order_id)
    take_step(first, order_id, "Confirm the key", fingerprint=fingerprint)
    expect(first.get_by_text("Another member of staff must do this.")).to_be_visible()
    take_step(second, order_id, "Confirm the key", fingerprint=fingerprint)
    take_step(second, order_id, "Have it issued")
    take_step(first, order_id, "Put it to use")
    expect(first.get_by_text("Done:")).to_be_visible()


def certificate_of_a_new_seal(stack: RunningStack) -> str:
    made = stack.order(sample_pdf("Contract"), wait=30)
    assert made.status == 201, made.body
    return str(made.json["certificate"])


def test_a_certificate_is_ordered_activated_renewed_and_seals(stack: RunningStack, browsing: Browsing) -> None:
    owner = browsing.signed_in("owner")
    first, second = (browsing.fresh() for _ in range(2))
    for page, who in ((first, "staff"), (second, "second_staff")):
        person = stack.demo[who]
        page.goto("/account/login/")
        page.locator("#id_login").fill(person["email"])
        page.locator("#id_password").fill(person["password"])
        page.locator("#id_password").press("Enter")
        page.wait_for_url(lambda url: "/account/login" not in url)
    browsing.expected_statuses.add(422)  # one person alone is refused

    owner.get_by_role("link", name="Certificates", exact=True).first.click()
    owner.get_by_role("link", name="Order a certificate").click()
    for price in ("€205.00", "€355.00", "€490.00"):
        expect(owner.get_by_text(price).first).to_be_visible()
    order_id = order(owner, "2 years, €355.00 without VAT")
    hold_ceremony(first, second, order_id)
    owner.reload()
    owner.get_by_role("link", name="See the certificate").click()
    certificate = owner.url.rstrip("/").rpartition("/")[2]
    expect(owner.get_by_text("Active", exact=True)).to_be_visible()
    assert certificate_of_a_new_seal(stack) == certificate

    minutes = owner.get_by_role("link", name="Minutes of the key ceremony (PDF)")
    wait_for(lambda: owner.reload() and minutes.count(), "the sealed minutes")
    with owner.expect_download() as download:
        minutes.click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    owner.goto("usage/")
    expect(owner.get_by_text("Qualified seal certificate, 2 years")).to_be_visible()

    with stack.database() as database:  # almost two years later
        database.execute(
            "UPDATE trust_sealcertificate SET not_after = now() + interval '20 days' WHERE customer_id ="
            " (SELECT id FROM accounts_customer WHERE slug = 'demo') AND live AND state = 'active'"
        )
    owner.goto("")
    expect(owner.get_by_text("sealing stops on")).to_be_visible()
    owner.get_by_role("link", name="Renew").click()
    renewal = order(owner, "1 year, €205.00 without VAT")
    hold_ceremony(first, second, renewal)
    assert certificate_of_a_new_seal(stack) not in {"", certificate}
    owner.goto("")
    expect(owner.get_by_text("sealing stops on")).to_have_count(0)
