"""A real browser on the running stack, for people who each have a browser of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from tests.stack import RunningStack

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

    def _hear(self, page: Page, kind: str, text: str) -> None:
        # The network's own complaint about a status is judged by `_see`, which knows what a test expects.
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            self.complaints.append(f"{page.url}: {text}")

    def _see(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected_statuses:
            self.complaints.append(f"{response.status} {response.request.method} {response.url}")


def sign_in(page: Page, stack: RunningStack, email: str, password: str) -> None:
    page.goto(f"{stack.url}/account/login/")
    page.get_by_label("Email", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/account/login" not in url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert executable, "No browser: install chromium-headless-shell, as `make test` does."
    unsandboxed = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=[*unsandboxed, "--disable-dev-shm-usage"])
        yield running
        running.close()


@pytest.fixture
def browsing(browser: Browser, stack: RunningStack) -> Iterator[Browsing]:
    opened = Browsing(browser, stack)
    yield opened
    for context in opened.contexts:
        context.close()
    assert not opened.complaints, "\n".join(opened.complaints)


def mails_to(stack: RunningStack, address: str) -> list[str]:
    """What was mailed to somebody, oldest first."""
    paths = sorted(Path(stack.var, "mail").glob("*"), key=lambda path: path.stat().st_mtime)
    return [text for path in paths if f"To: {address}" in (text := path.read_text())]
