"""Story 5: somebody protects the account with an authenticator app, then with a passkey, and signs in with each."""

from __future__ import annotations

import hashlib
import hmac
import struct
import time
from base64 import b32decode

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Browsing, confirm_if_asked, newcomer
from tests.stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def code_of_the_app(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238: SHA-1, 30 s, six digits), and for long enough to type it in."""
    left = 30 - time.time() % 30
    if left < 10:
        time.sleep(left)
    digest = hmac.new(b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def enter_password(page: Page, stack: RunningStack, address: str, password: str) -> None:
    page.goto(f"{stack.url}/account/login/")
    page.get_by_label("E-mail address", exact=True).fill(address)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm_with_the_passkey(page: Page) -> None:
    """Who is asked to show that it is they does so with the passkey, offered beside the password."""
    expect(page.get_by_role("heading", name="Show that it is you")).to_be_visible()
    page.get_by_role("link", name="security key").click()
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page.get_by_role("heading", name="Remove")).to_be_visible()


def forget_used_codes(stack: RunningStack) -> None:
    """A code works once; instead of waiting for the next half minute, forget that it was used."""
    with stack.database() as database:
        database.execute("DELETE FROM accounts_signincounter")


def test_signing_in_with_an_authenticator_app_and_with_a_recovery_code(stack: RunningStack, browsing: Browsing) -> None:
    page, address, password = newcomer(browsing, "Member")
    page.goto(f"{stack.url}/account/2fa/")
    page.get_by_role("link", name="Set up").click()
    confirm_if_asked(page, password)
    secret = page.get_by_label("The same secret, to type in").input_value()
    page.get_by_label("code").fill(code_of_the_app(secret))
    page.get_by_role("button", name="Switch on").click()
    page.goto(f"{stack.url}/account/2fa/recovery-codes/")
    recovery = page.locator("#recovery_codes").input_value().split()[0]

    forget_used_codes(stack)
    other = browsing.fresh(customer="demo")
    enter_password(other, stack, address, password)
    expect(other.get_by_role("heading", name="Second step")).to_be_visible()
    other.goto("")
    assert "/account/" in other.url, "the password alone must not open the portal"
    other.goto(f"{stack.url}/account/2fa/authenticate/")
    other.get_by_label("code").fill("000000" if code_of_the_app(secret) != "000000" else "000001")
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_role("heading", name="Second step")).to_be_visible()
    other.get_by_label("code").fill(code_of_the_app(secret))
    other.get_by_role("button", name="Sign in", exact=True).click()
    other.wait_for_url("**/c/demo/")

    lost_phone = browsing.fresh(customer="demo")
    enter_password(lost_phone, stack, address, password)
    lost_phone.get_by_label("code").fill(recovery)
    lost_phone.get_by_role("button", name="Sign in", exact=True).click()
    lost_phone.wait_for_url("**/c/demo/")


def test_signing_in_with_a_passkey_alone(stack: RunningStack, browsing: Browsing) -> None:
    page, _address, password = newcomer(browsing, "Member")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{stack.url}/account/2fa/")
    page.get_by_role("link", name="Add a key").click()
    confirm_if_asked(page, password)
    page.get_by_label("Name").fill("My laptop")
    for choice in page.get_by_role("checkbox").all():
        choice.check()
    page.get_by_role("button", name="Add the key").click()
    page.wait_for_url(lambda url: "webauthn/add" not in url)
    page.goto(f"{stack.url}/account/2fa/webauthn/")
    expect(page.get_by_text("My laptop")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"{stack.url}/account/login/")
    page.get_by_role("button", name="Remember here how I sign in").click()
    page.get_by_text("Your choice is kept for 12 months.").wait_for()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/c/demo/")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    page.goto(f"{stack.url}/account/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("documents/")
    expect(page.get_by_text("Last time you signed in here with a passkey.")).to_be_visible()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Documents", exact=True)).to_be_visible()

    page.goto(f"{stack.url}/account/2fa/webauthn/")
    page.get_by_role("link", name="Remove").click()
    confirm_with_the_passkey(page)
    page.get_by_role("button", name="Remove the key").click()
    expect(page.get_by_text("The key is removed.")).to_be_visible()
    expect(page.get_by_text("My laptop")).not_to_be_visible()
