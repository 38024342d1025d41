"""A real browser on the running stack, for people who each have a browser of their own."""

from __future__ import annotations

import email
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Response, sync_playwright

from tests.stack import RunningStack
from tests.waiting import wait_for

AXE = Axe().axe_script
VIOLATIONS = """async options => (await axe.run(options)).violations.map(
    found => [found.id, found.nodes.slice(0, 3).map(node => String(node.target))])"""
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


@dataclass
class Browsing:
    """Opens browsers; what their consoles complain about, pages included, is collected and must be nothing."""

    browser: Browser
    stack: RunningStack
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    expected_statuses: set[int] = field(default_factory=set)

    def fresh(self, *, customer: str = "", **options: Any) -> Page:
        """Somebody's new browser; paths without a slash in front are of the customer's portal."""
        base = f"{self.stack.url}/c/{customer}/" if customer else f"{self.stack.url}/"
        context = self.browser.new_context(base_url=base, **{"locale": "en-GB", **options})
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._hear(page, message.type, message.text))
        page.on("response", self._see)
        return page

    def signed_in(self, who: str, *, customer: str = "demo", **options: Any) -> Page:
        """The browser of one of the demonstration's people, at the customer's overview."""
        person = self.stack.demo[who]
        page = self.fresh(customer=customer, **options)
        sign_in(page, self.stack, person["email"], person["password"])
        page.goto("")
        return page

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """While a test's own instrument works in a page."""
        heard = len(self.complaints)
        yield
        self.contexts[-1].pages[-1].evaluate("0")  # whatever it said has arrived by now
        del self.complaints[heard:]

    def violations(self, page: Page, **options: Any) -> list[str]:
        """What axe finds in the page: each rule with its first places. `options` are axe's own."""
        with self.deaf():  # axe itself tries inline styles, which our policy forbids
            if not page.evaluate("'axe' in window"):
                page.evaluate(AXE)
            # Preloading would ask for our style sheets once more, at a wrong address.
            found = page.evaluate(VIOLATIONS, {"resultTypes": ["violations"], "preload": False, **options})
        return [f"{rule}: {'; '.join(places)}" for rule, places in found]

    def _hear(self, page: Page, kind: str, text: str) -> None:
        # The network's own complaint about a status is judged by `_see`, which knows what a test expects.
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            self.complaints.append(f"{page.url}: {text}")

    def _see(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected_statuses:
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")


def sign_in(page: Page, stack: RunningStack, email: str, password: str) -> None:
    page.goto(f"{stack.url}/account/login/")
    page.locator("#id_login").fill(email)  # by its id, for readers of any language
    page.locator("#id_password").fill(password)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(lambda url: "/account/login" not in url)


@contextmanager
def launch(playwright: Playwright) -> Iterator[Browser]:
    """The browser of this machine."""
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert executable, "No browser: install chromium-headless-shell, as `make test` does."
    unsandboxed = ["--no-sandbox"] if os.geteuid() == 0 else []
    running = playwright.chromium.launch(executable_path=executable, args=[*unsandboxed, "--disable-dev-shm-usage"])
    yield running
    running.close()


# Playwright keeps an event loop running in its thread; it must be gone before tests that run one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launch(playwright) as running:
        yield running


@pytest.fixture
def browsing(browser: Browser, stack: RunningStack) -> Iterator[Browsing]:
    opened = Browsing(browser, stack)
    yield opened
    for context in opened.contexts:
        context.close()
    assert not opened.complaints, "\n".join(opened.complaints)


def newcomer(browsing: Browsing, role: str) -> tuple[Page, str, str]:
    """The owner invites somebody new, who accepts: their browser at the overview, address and password."""
    stack, address, password = browsing.stack, f"ruta-{secrets.token_hex(4)}@example.org", "correct horse battery"
    owner = browsing.signed_in("owner")
    owner.goto("people/")
    owner.get_by_label("E-mail address").fill(address)
    owner.locator("form select[name=role]").last.select_option(label=role)
    owner.get_by_role("button", name="Send the invitation").click()
    owner.get_by_text(f"The invitation to {address} is on its way.").wait_for()
    [mail] = wait_for(lambda: mails_to(stack, address), "the invitation by mail")
    page = browsing.fresh(customer="demo")
    page.goto(link_in(mail, stack))
    page.get_by_label("Your name").fill("Rūta Nauja")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Accept the invitation").click()
    page.wait_for_url("**/c/demo/")
    return page, address, password


def confirm_if_asked(page: Page, password: str) -> None:
    """Give the password again where a page wants to know that it is really them."""
    if "reauthenticate" in page.url:
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Confirm").click()


def token_made_in_the_portal(page: Page, name: str, *, live: bool = True, password: str = "") -> str:
    """The secret that the page shows once; it remains there, with a command line that uses it."""
    page.goto("developers/tokens/")
    make_token(page, name, live=live)
    if "reauthenticate" in page.url:
        confirm_if_asked(page, password)
        make_token(page, name, live=live)
    return page.get_by_label("API token").input_value()


def make_token(page: Page, name: str, *, live: bool) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_role("radio", name="Live" if live else "Test").check()
    for permission in page.get_by_role("checkbox").all():
        permission.check()
    page.get_by_role("button", name="Make the token").click()


def link_in(mail: str, stack: RunningStack) -> str:
    """The link to this stack that a mail contains."""
    body = email.message_from_string(mail, policy=policy.default).get_body(("plain",))
    assert body is not None, mail
    plain = body.get_content()
    link = re.search(rf"{re.escape(stack.url)}/\S+", plain)
    assert link, plain
    return link[0]


def mails_to(stack: RunningStack, address: str) -> list[str]:
    """What was mailed to somebody, oldest first."""
    paths = sorted(Path(stack.var, "mail").glob("*"), key=lambda path: path.stat().st_mtime)
    return [text for path in paths if f"To: {address}" in (text := path.read_text())]
