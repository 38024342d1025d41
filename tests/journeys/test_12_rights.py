"""Story 12: everybody asks about their data in a browser, for every right there is; a stranger without any script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar
from zipfile import ZipFile

import pytest
from django.core import mail
from django.db import connections
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts.models import Person
from accounts.rules.staff_roles import StaffRole
from kernel import clock, runner
from kernel.models import Job
from privacy.actions.answer_rights_request import answer_rights_request
from privacy.actions.run_retention import run_retention
from privacy.actions.scope_rights_request import scope_rights_request
from privacy.actions.start_rights_request import start_rights_request
from privacy.models import RightsRequest
from privacy.models.rights import KINDS
from privacy.queries.outcomes import usual_results
from privacy.rules.authorities import AUTHORITIES
from privacy.rules.rights import SELF_RUNNING, RequestKind
from tests.cast import PASSWORD, Cast, Customers
from tests.journeys.conftest import confirm_if_asked, launch
from tests.journeys.pages import overflow
from tests.staff import Staff, staff_person

pytestmark = [pytest.mark.browser]

K = RequestKind
SELF_ANSWERED = K.OBJECTION_MARKETING
DESK = "/staff/privacy/rightsrequest/"
ANSWER = "A person has read it, and this is what comes of it."
# What everybody reads at the end of each right. A member's erasure is the last: afterwards there is no member.
ENDS = {
    K.ACCESS: (ANSWER, "A copy is given", "What is done with your data"),
    K.PORTABILITY: (ANSWER, "A copy is given"),
    K.RECTIFICATION: (ANSWER, "Put right"),
    K.RESTRICTION: (ANSWER, "Kept, but not used"),
    K.OBJECTION: (ANSWER,),
    K.OBJECTION_MARKETING: ("Your data are not used for advertising, from this moment on.",),
    K.OBJECTION_DECISIONS: (ANSWER,),
    K.ERASURE: (ANSWER, "Erased", "Kept for now", "To establish or defend legal claims"),
}
OPENS_WITH = {K.ACCESS: "index.html", K.PORTABILITY: "manifest.json"}

Given = ParamSpec("Given")
Value = TypeVar("Value")


def apart(call: Callable[Given, Value], *args: Given.args, **options: Given.kwargs) -> Value:
    """Call it in a thread of its own: Playwright's has an event loop, in which Django asks no database."""

    def called() -> Value:
        try:
            return call(*args, **options)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(called).result()


def work() -> None:
    """What is queued and due."""
    apart(runner.drain)


@dataclass
class Visitors:
    """Opens browsers; what their consoles complain about must be nothing."""

    browser: Browser
    site: str
    complaints: list[str] = field(default_factory=list)
    count: int = 0

    def comes(self, *, script: bool = True) -> Page:
        """Somebody's new browser, at a network address of its own: requests are counted for each."""
        self.count += 1
        context = self.browser.new_context(
            base_url=self.site,
            locale="en-GB",
            java_script_enabled=script,
            extra_http_headers={"X-Forwarded-For": f"198.51.100.{self.count}"},
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        return page


@pytest.fixture
def cast(live_server: object, settings: Any) -> Cast:
    """Acme's seal is the operator's, on every copy and answer."""
    cast = Customers().cast()
    runner.drain()
    settings.OPERATOR_CUSTOMER = cast.acme.slug
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    return cast


@pytest.fixture
def tess(live_server: object) -> Staff:
    """A supervisor."""
    return staff_person("Tess", StaffRole.SUPERVISOR)


@pytest.fixture
def visitors(cast: Cast, tess: Staff, live_server: object) -> Iterator[Visitors]:
    """After everybody whom the test is about, so that the event loop is gone before they are."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        opened = Visitors(browser, str(live_server).replace("127.0.0.1", "localhost"))
        yield opened
    assert opened.complaints == []


def sign_in(page: Page, email: str, goal: str) -> None:
    page.goto(f"/account/login/?next={goal}")
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url(f"**{goal}")


def letters(address: str, subject: str) -> list[str]:
    """The bodies of what was mailed there about it."""
    return [str(sent.body) for sent in mail.outbox if sent.to == [address] and subject in sent.subject]


def links(address: str, subject: str) -> list[str]:
    """The paths in the newest of these letters, in order."""
    return re.findall(r"https?://[^/\s]+(/\S+)", letters(address, subject)[-1])


def without_links(text: str) -> str:
    return re.sub(r"https?://\S+|R-\d+-\d+", "", text)


def send_form(page: Page, kind: RequestKind, address: str) -> str:
    """A stranger asks; everything that they read then."""
    page.goto("/privacy/request/")
    page.get_by_label(str(KINDS[kind])).check()
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Send the request").click()
    page.get_by_role("heading", name="Your request has come").wait_for()
    page.wait_for_load_state()
    return f"{page.url} {page.locator('body').inner_text()}"


def request_of(address: str, kind: RequestKind) -> RightsRequest:
    return RightsRequest.objects.get(email=address, kind=kind.value)


def states() -> dict[str, str]:
    """How each kind of request stands."""
    return dict(RightsRequest.objects.values_list("kind", "state"))


def begin(tess: Staff, address: str, kind: RequestKind) -> None:
    """Staff's first steps, where it has not begun by itself; and what follows from them."""
    row = request_of(address, kind)
    if kind not in SELF_RUNNING:
        scope_rights_request(actor=tess.actor, request_id=row.id, scope="Your account", now=clock.now())
        start_rights_request(actor=tess.actor, request_id=row.id, now=clock.now())
    runner.drain()


def answer(tess: Staff, address: str, kind: RequestKind) -> None:
    """Staff's last step, with what is usual for each class of data; and what follows from it."""
    row = request_of(address, kind)
    results = usual_results(kind, has_account=row.person_id is not None)
    answer_rights_request(actor=tess.actor, request_id=row.id, answer=ANSWER, results=results, now=clock.now())
    runner.drain()


def answer_at_the_desk(desk: Page, number: str, result: tuple[str, str]) -> None:
    """The same by hand: the request is opened, scoped, begun and answered, with another result for one class."""
    rule, chosen = result
    for step, fields in (("Scope", {"scope": "Your account"}), ("Start", {}), ("Answer", {"answer": ANSWER})):
        desk.goto(DESK)
        desk.get_by_role("link", name=number).click()
        desk.get_by_role("link", name=step, exact=True).click()
        for name, words in (fields | {"reason": "The wish of the person"}).items():
            desk.locator(f"[name={name}]").fill(words)
        if step == "Answer":
            desk.locator(f"[name=class_{rule}]").select_option(chosen)
        desk.locator("form button[type=submit]").last.click()
        desk.get_by_text("Done: ").wait_for()
    work()


def download_copy(page: Page, kind: RequestKind, address: str) -> None:
    """By the link that was mailed when it was ready."""
    page.goto(links(address, "The copy of your data is ready")[0])
    page.get_by_role("link", name="Download my data").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download the copy").click()
    with ZipFile(coming.value.path()) as copy:
        assert copy.testzip() is None
        assert {OPENS_WITH[kind], "README.txt", "SHA256SUMS.p7s"} <= set(copy.namelist())


def read_answer(page: Page, kind: RequestKind, address: str) -> None:
    """By the link that was mailed with it."""
    page.goto(links(address, "Our answer to your request")[0])
    page.get_by_role("heading", name="Our answer").wait_for()
    for words in (*ENDS[kind], "Answered", "You can also go to court"):
        expect(page.locator("main")).to_contain_text(words)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download as a sealed PDF").click()
    assert coming.value.path().read_bytes().startswith(b"%PDF")


def find_authority(page: Page, country: str) -> None:
    """The complaint page ends at the authority of the country that is chosen, and at us."""
    page.get_by_role("heading", name="Complain about how your data are used").wait_for()
    page.get_by_label("Country").select_option(country)
    page.get_by_role("button", name="Show its authority").click()
    authority = AUTHORITIES[country]
    page.get_by_text(authority.name, exact=True).wait_for()
    assert page.get_by_role("link", name=authority.website).get_attribute("href") == authority.website
    page.get_by_role("link", name="Write to us").click()
    page.wait_for_url("**/contact/")


def test_a_stranger_walks_every_right_and_nobody_learns_whether_an_address_is_known(
    visitors: Visitors, tess: Staff
) -> None:
    assert set(ENDS) == set(RequestKind)
    known = {kind: apart(Customers().person, "Known").email for kind in ENDS}
    read: set[str] = set()
    for kind in ENDS:
        stranger, address = visitors.comes(script=False), f"{kind.value}@stranger.example"
        read |= {send_form(stranger, kind, known[kind]), send_form(stranger, kind, address)}
        work()
        mailed = [[without_links(body) for body in letters(each, "request")] for each in (known[kind], address)]
        assert mailed[0] == mailed[1] != []
        if kind is not SELF_ANSWERED:
            confirm, status, _complaint = links(address, "Your request about personal data")
            stranger.goto(confirm)
            stranger.get_by_role("button", name="Yes, the request is mine").click()
            stranger.get_by_text("You have our answer by").wait_for()
            assert stranger.url == f"{visitors.site}{status}"
            apart(begin, tess, address, kind)
            stranger.reload()
            expect(stranger.locator("main")).to_contain_text("In progress")
            if kind in SELF_RUNNING:
                download_copy(stranger, kind, address)
            apart(answer, tess, address, kind)
        read_answer(stranger, kind, address)
        if kind is K.ERASURE:
            stranger.get_by_role("link", name="Find an authority").click()
            find_authority(stranger, "LV")
        stranger.context.close()
    assert len(read) == 1


def change_name(page: Page, name: str) -> None:
    """Nobody waits for us where they can put it right themselves."""
    page.goto("/account/privacy/")
    page.get_by_role("link", name="Put name, country or language right").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Keep these choices").click()
    expect(page.get_by_label("Your name")).to_have_value(name)


def reach_the_day() -> None:
    """What the engine does with accounts that were left now, and what follows from it."""
    now = clock.now()
    for days in (0, 6):
        run_retention(now=now + timedelta(days=days), seconds=30)
    assert Job.objects.filter(kind="privacy.report_person_erasure", state="queued").update(run_at=now)
    runner.drain()


def be_forgotten(page: Page, address: str) -> None:
    """The sign-in ends; the page of the request is found by its secret."""
    apart(reach_the_day)
    page.goto("/account/privacy/")
    page.wait_for_url("**/account/login/**")
    page.goto(links(address, "Your request about personal data")[0])
    page.get_by_role("heading", name="Your account is gone since").wait_for()
    expect(page.locator("main")).to_contain_text("Kept, because a law obliges us")


def test_a_member_walks_every_right(visitors: Visitors, cast: Cast, tess: Staff) -> None:
    address = cast.bob.person.email
    member, desk = visitors.comes(), visitors.comes()
    sign_in(member, address, "/account/privacy/")
    sign_in(desk, tess.person.email, DESK)
    for kind in ENDS:
        member.goto("/account/privacy/")
        if kind is SELF_ANSWERED:
            member.get_by_role("button", name="Object to advertising").click()
            member.get_by_text("because you object").wait_for()
            work()
            read_answer(member, kind, address)
            continue
        member.get_by_label(str(KINDS[kind])).check()
        member.get_by_role("button", name="Send the request").click()
        member.get_by_text("Your request has come.").wait_for()
        work()
        if kind is K.RESTRICTION:
            number = member.get_by_role("heading", level=1).inner_text().removeprefix("Request ")
            answer_at_the_desk(desk, number, ("activity", "kept"))
            read_answer(member, kind, address)
            expect(member.locator("main")).to_contain_text("An overriding interest in security")
            continue
        if kind is K.RECTIFICATION:
            change_name(member, "Robert Right")
        apart(begin, tess, address, kind)
        if kind in SELF_RUNNING:
            download_copy(member, kind, address)
        if kind is K.ERASURE:
            be_forgotten(member, address)
        apart(answer, tess, address, kind)
        read_answer(member, kind, address)
        if kind is K.RECTIFICATION:
            assert apart(Person.objects.get, email=address).name == "Robert Right"
    assert apart(states) == {kind.value: "answered" for kind in RequestKind}
    gone = apart(Person.objects.get, pk=cast.bob.person.pk)
    assert (gone.forgotten_at is not None, gone.name, address in gone.email) == (True, "", False)


def test_a_member_finds_an_authority_and_asks_and_a_stranger_withdraws(visitors: Visitors, cast: Cast) -> None:
    stranger = visitors.comes(script=False)
    stranger.set_viewport_size({"width": 320, "height": 800})
    stranger.goto("/privacy/")
    stranger.get_by_role("link", name="Make a request").first.click()
    stranger.wait_for_url("**/privacy/request/")
    send_form(stranger, K.ERASURE, "ona@example.org")
    work()
    confirm = links("ona@example.org", "Your request about personal data")[0]
    stranger.goto(confirm)
    stranger.get_by_role("button", name="Yes, the request is mine").click()
    stranger.get_by_role("button", name="Withdraw the request").click()
    stranger.get_by_text("Withdrawn").wait_for()

    member = visitors.comes()
    sign_in(member, cast.bob.person.email, "/account/privacy/")
    member.get_by_role("link", name="Complain to an authority").click()
    find_authority(member, "EE")
    member.goto("/account/privacy/")
    member.get_by_label(str(KINDS[K.ACCESS])).check()
    member.get_by_role("button", name="Send the request").click()
    confirm_if_asked(member, PASSWORD)
    member.get_by_text("It is being prepared.").wait_for()
    member.set_viewport_size({"width": 320, "height": 800})
    assert overflow(member) == 0
    member.goto("/account/privacy/")
    assert overflow(member) == 0
    member.get_by_role("link", name=str(KINDS[K.ACCESS])).wait_for()
    assert apart(states) == {"erasure": "withdrawn", "access": "in_progress"}
