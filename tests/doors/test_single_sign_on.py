"""Signing in through a customer's identity provider: who gets in, where to, and who does not (clause C10)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.actions.change_role import change_role
from accounts.actions.change_sign_in_rules import change_sign_in_rules
from accounts.actions.configure_provider import ProviderSettings, configure_provider
from accounts.actions.end_contract import end_contract
from accounts.actions.give_notice import give_notice
from accounts.actions.remove_provider import remove_provider
from accounts.actions.suspend_customer import suspend_customer
from accounts.actions.suspend_member import suspend_member
from accounts.gateways.open_id import forget_providers
from accounts.models import Identity, IdentityProvider, Membership, NoticeDelivery, Person
from accounts.rules.permissions import Role
from accounts.rules.suspensions import Ground
from kernel import clock
from kernel.audit import payload_of
from kernel.models import AuditEntry
from tests.cast import PASSWORD, Cast, Customers, Member
from tests.doors.sign_in import STAFF, Journey, own_domain, posted, set_up
from tests.doubles.identity_provider import IdentityProviderDouble, identity_provider, key

NORA = {"sub": "nora-1", "email": "Nora@acme.example", "name": "Nora Naujokė"}


@pytest.fixture
def double(settings: Any) -> Iterator[IdentityProviderDouble]:
    settings.EGRESS_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with identity_provider() as running:
        running.person = dict(NORA)
        yield running
    forget_providers()


@pytest.fixture(params=["oidc", "saml"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def refused(answer: Any, client: Client) -> bool:
    """Whether nobody is signed in, and the page says no."""
    return answer.status_code in {403, 404} and "_auth_user_id" not in client.session


def reasons() -> list[str]:
    entries = AuditEntry.objects.filter(action="sign_in.refused").order_by("id")
    return [payload_of(each).details["code"] for each in entries]


# --- Who gets in ---------------------------------------------------------------------------------------------------


def test_somebody_new_signs_in_and_is_a_member_from_then_on(
    cast: Cast, double: IdentityProviderDouble, kind: str
) -> None:
    journey = set_up(cast.alice, double, kind=kind, domain="acme.example", default_role="auditor")
    assert journey.go()["Location"] == f"/c/{cast.acme.slug}/"
    assert journey.client.get(f"/c/{cast.acme.slug}/").status_code == 200
    assert "last_sign_in" not in journey.client.cookies
    member = Membership.objects.get(customer=cast.acme, person__email="nora@acme.example")
    assert (member.role, str(member.person), member.person.has_usable_password()) == ("auditor", NORA["name"], False)
    double.person |= {"email": "nora.married@elsewhere.example"}  # who it is, is the subject
    again = Journey(Client(HTTP_HOST="localhost"), journey.provider, double)
    assert again.go()["Location"] == f"/c/{cast.acme.slug}/"
    assert Identity.objects.get().membership == member
    told = AuditEntry.objects.filter(customer_id=cast.acme.id).values_list("action", flat=True)
    assert {"member.provisioned", "identity.linked", "sign_in.accepted"} <= set(told)


def test_who_is_made_owner_later_confirms_before_the_providers_word_opens_anything(
    cast: Cast, double: IdentityProviderDouble
) -> None:
    """Administrators configure the provider: on its word alone they could come in as the new owner."""
    journey = set_up(cast.alice, double, domain="acme.example")
    journey.go()
    nora = Membership.objects.get(customer=cast.acme, person__email="nora@acme.example")
    change_role(actor=cast.alice.actor, membership_id=nora.id, role=Role.OWNER, now=clock.now())
    later = Journey(Client(HTTP_HOST="localhost"), journey.provider, double)
    assert later.go()["Location"] == "/account/sso/confirm/"
    assert later.client.get(f"/c/{cast.acme.slug}/").status_code == 302
    Identity.objects.update(confirmed=True)
    assert later.go()["Location"] == f"/c/{cast.acme.slug}/"


def test_the_address_one_types_leads_to_the_provider_of_its_domain_whether_it_is_known_or_not(
    cast: Cast, double: IdentityProviderDouble, client: Client
) -> None:
    journey = set_up(cast.alice, double, domain="acme.example")
    for email in ("nobody@acme.example", "NORA@ACME.EXAMPLE"):
        answer = client.post("/account/sso/", {"email": email})
        assert urlsplit(answer["Location"]).path == f"/account/sso/{journey.provider.id}/"
    page = client.get(answer["Location"])
    assert f"/account/sso/{journey.provider.id}/start/" in page.content.decode()
    for email in (cast.alice.person.email, "nobody@sub.acme.example"):
        assert client.post("/account/sso/", {"email": email}).status_code == 422


def test_one_comes_back_to_the_page_one_wanted_and_nowhere_else(cast: Cast, double: IdentityProviderDouble) -> None:
    journey, home = set_up(cast.alice, double, domain="acme.example"), f"/c/{cast.acme.slug}/"
    assert journey.go(next=f"{home}usage/?month=1")["Location"] == f"{home}usage/?month=1"
    for wanted in ("https://evil.example/", "//evil.example/", "/c/globex/", "/staff/", "\\\\evil", f"/{home}"):
        journey.client.post("/account/logout/")
        assert journey.go(next=wanted)["Location"] == home


def test_the_address_may_come_from_userinfo_but_not_about_somebody_else(
    cast: Cast, double: IdentityProviderDouble
) -> None:
    journey = set_up(cast.alice, double, domain="acme.example")
    double.lies = {"email": None}
    assert journey.go().status_code == 302
    double.lies = {"email": None, "sub": "olga-2"}
    assert refused(Journey(c := Client(HTTP_HOST="localhost"), journey.provider, double).go(), c)


# --- Who does not --------------------------------------------------------------------------------------------------


LIES: list[dict[str, Any]] = [
    {"iss": "https://other.example"},
    {"aud": "another program"},
    {"aud": ["sealport", "another"], "azp": "another"},
    {"nonce": "of another sign-in"},
    {"nonce": None},
    {"exp": 1},
    {"sub": None},
    {"sub": ""},  # everybody without a name would be the same person
    {"sub": " "},
    {"sub": "x" * 256},
    {"sub": "a\0b"},
    {"sub": "\ud800"},
]


def test_an_id_token_that_does_not_fit_opens_nothing(cast: Cast, double: IdentityProviderDouble) -> None:
    journey = set_up(cast.alice, double, domain="acme.example")
    for double.lies in LIES:
        assert refused(journey.go(), journey.client), double.lies
    assert reasons() == ["provider_answer_refused"] * len(LIES)
    assert not Person.objects.filter(email__endswith="acme.example").exists()
    double.lies = {}
    assert journey.go().status_code == 302


NO_ADDRESSES: list[dict[str, Any]] = [
    {"email": "a" * 242 + "@acme.example"},
    {"email": "x\ny@acme.example"},
    {"email": "@acme.example"},
    {"email": ["nora@acme.example"]},
    {"email_verified": False},
    {"email_verified": {}},
    {"email_verified": "no"},
]


def test_what_is_no_address_makes_nobody_a_member(cast: Cast, double: IdentityProviderDouble) -> None:
    journey = set_up(cast.alice, double, domain="acme.example")
    for double.lies in NO_ADDRESSES:
        assert refused(journey.go(), journey.client), double.lies
    assert reasons() == ["not_admitted"] * len(NO_ADDRESSES)
    assert not Person.objects.filter(email__endswith="acme.example").exists()


def test_a_provider_gives_nobody_a_name_that_lures_or_cannot_be_kept(
    cast: Cast, double: IdentityProviderDouble
) -> None:
    """Names stand in mails to strangers (`rules/names.py`)."""
    journey = set_up(cast.alice, double, domain="acme.example")
    names = ["https://evil.example/ is waiting", "two\nlines", "\0", "\ud800", {"given": "Nora"}, "n" * 500]
    for number, name in enumerate(names):
        double.person = {"sub": f"n{number}", "email": f"n{number}@acme.example", "name": name}
        assert Journey(Client(HTTP_HOST="localhost"), journey.provider, double).go().status_code == 302, name
    kept = Person.objects.filter(email__endswith="@acme.example").order_by("pk").values_list("name", flat=True)
    assert list(kept) == ["", "", "", "", "", "n" * 120]


def test_somebody_whom_saml_does_not_name_is_nobody(cast: Cast, double: IdentityProviderDouble) -> None:
    journey = set_up(cast.alice, double, kind="saml", domain="acme.example")
    for double.person["sub"] in ("", " ", "x" * 256):
        assert refused(journey.go(), journey.client)
    assert reasons() == ["provider_answer_refused"] * 3


def test_an_answer_that_the_provider_has_not_signed_opens_nothing(
    cast: Cast, double: IdentityProviderDouble, kind: str
) -> None:
    journey = set_up(cast.alice, double, kind=kind, domain="acme.example")
    for signs in (key("another"), None):
        double.signs = signs
        assert refused(journey.go(), journey.client)


FORGED: list[tuple[dict[str, str], str]] = [
    ({"issuer": "https://other.example/saml"}, "Invalid issuer"),
    ({"audience": "https://other.example"}, "not a valid audience"),
    ({"recipient": "http://127.0.0.1:8000/account/sso/idp_other/assertion/"}, "was received at"),
    ({"until": "2020-01-01T00:00:00Z"}, "expired"),
    ({"in_response_to": ""}, "not to a question of ours"),
    ({"confirms": ""}, "not to a question of ours"),  # unasked for, in an envelope that says otherwise
    ({"swapped_from": "nora-1", "swapped_to": "alice-1"}, "Signature validation failed"),
    ({"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, "persistent"),
]


def test_an_assertion_that_does_not_fit_opens_nothing(cast: Cast, double: IdentityProviderDouble) -> None:
    journey = set_up(cast.alice, double, kind="saml", domain="acme.example")
    ours = f"/account/sso/{journey.provider.id}/assertion/"
    for double.forged, _reason in FORGED:
        address = journey.begin()
        _wrong, response = posted(journey.at_provider(address).data.decode())
        assert refused(journey.post(ours, response), journey.client), double.forged
    entries = AuditEntry.objects.filter(action="sign_in.refused").order_by("id")
    for entry, (_forged, reason) in zip(entries, FORGED, strict=True):
        assert reason in payload_of(entry).details["detail"]
    double.forged = {}
    assert journey.go().status_code == 302


def _beside(signed: str, forged: str) -> str:
    return forged + signed


def _within(signed: str, forged: str) -> str:
    return forged.replace("</saml:Assertion>", f"<saml:Advice>{signed}</saml:Advice></saml:Assertion>")


def _in_its_signature(signed: str, forged: str) -> str:
    signature = signed[signed.index("<ds:Signature") : signed.index("</ds:Signature>")]
    wrapped = f"{signature}<ds:Object>{signed}</ds:Object></ds:Signature>"
    return forged.replace("<saml:Subject>", f"{wrapped}<saml:Subject>", 1)


@pytest.mark.parametrize("same_id", [False, True])
@pytest.mark.parametrize("wrap", [_beside, _within, _in_its_signature])
def test_a_forged_assertion_beside_a_signed_one_opens_nothing(
    cast: Cast, double: IdentityProviderDouble, wrap: Callable[[str, str], str], same_id: bool
) -> None:
    """Nora has a good assertion about herself, and wraps one about Alice round it."""
    journey = set_up(cast.alice, double, kind="saml", domain="acme.example")
    link(journey.provider, cast.alice, "alice-1")
    address, response = posted(journey.at_provider(journey.begin()).data.decode())
    told = b64decode(response).decode()
    signed = told[told.index("<saml:Assertion ") : told.index("</saml:Assertion>")] + "</saml:Assertion>"
    forged = re.sub("<ds:Signature.*</ds:Signature>", "", signed, flags=re.DOTALL).replace("nora-1", "alice-1")
    assert "alice-1" in forged
    assert "Signature" not in forged
    if not same_id:
        forged = forged.replace(' ID="', ' ID="_f', 1)
    wrapped = b64encode(told.replace(signed, wrap(signed, forged)).encode()).decode()
    assert refused(journey.post(address, wrapped), journey.client)


def test_a_comment_in_a_signed_name_does_not_make_it_another_name(cast: Cast, double: IdentityProviderDouble) -> None:
    """Comments are no part of what is signed: whoever reads the text up to the first one reads somebody else."""
    journey = set_up(cast.alice, double, kind="saml", domain="acme.example")
    double.person |= {"sub": "alice-1.of-nora"}
    link(journey.provider, cast.alice, "alice-1")
    address, response = posted(journey.at_provider(journey.begin()).data.decode())
    told = b64decode(response).decode().replace("alice-1.of-nora", "alice-1<!-- -->.of-nora")
    journey.post(address, b64encode(told.encode()).decode())
    assert journey.client.session.get("_auth_user_id") != str(cast.alice.person.pk)


def test_an_assertion_that_nobody_asked_for_or_that_comes_twice_opens_nothing(
    cast: Cast, double: IdentityProviderDouble
) -> None:
    journey = set_up(cast.alice, double, kind="saml", domain="acme.example")
    address, response = posted(journey.at_provider(journey.begin()).data.decode())
    thief = Journey(Client(HTTP_HOST="localhost"), journey.provider, double)
    assert refused(thief.post(address, response), thief.client)  # it never asked
    thief.begin()
    assert refused(thief.post(address, response), thief.client)  # it asked something else
    assert journey.post(address, response).status_code == 302
    again = Journey(journey.client, journey.provider, double)
    assert again.post(address, response).status_code == 403
    asked = double.asked[-1]
    for claim in ("", asked["in_response_to"]):  # sent by the provider on its own, as if to a request
        double.forged = {**asked, "in_response_to": claim}
        fresh = Journey(Client(HTTP_HOST="localhost"), journey.provider, double)
        assert refused(fresh.post(*double.answer()), fresh.client)


def test_a_code_that_another_browser_asked_for_opens_nothing(cast: Cast, double: IdentityProviderDouble) -> None:
    journey = set_up(cast.alice, double, domain="acme.example")
    back = journey.at_provider(journey.begin()).headers["Location"]
    victim = Client(HTTP_HOST="localhost")
    address = f"{urlsplit(back).path}?{urlsplit(back).query}"
    assert refused(victim.get(address), victim)  # never asked
    Journey(victim, journey.provider, double).begin()
    assert refused(victim.get(address), victim)  # asked with another state
    assert journey.client.get(address).status_code == 302
    assert journey.client.get(address).status_code == 403  # and once is enough


def test_members_who_are_suspended_and_people_outside_the_domain_are_refused(
    cast: Cast, double: IdentityProviderDouble, kind: str
) -> None:
    journey = set_up(cast.alice, double, kind=kind, domain="acme.example")
    journey.go()
    member = Membership.objects.get(person__email="nora@acme.example")
    suspend_member(actor=cast.alice.actor, membership_id=member.id, now=clock.now())
    assert journey.client.get(f"/c/{cast.acme.slug}/").status_code == 404
    fresh = Journey(Client(HTTP_HOST="localhost"), journey.provider, double)
    assert refused(fresh.go(), fresh.client)
    for email in ("olga@globex.example", "olga@acme.example.evil.example", "olga@sub.acme.example", ""):
        double.person = {"sub": f"olga {email}", "email": email, "name": "Olga"}
        assert refused(fresh.go(), fresh.client)
    assert set(reasons()) == {"not_admitted"}
    assert not Person.objects.filter(name="Olga").exists()


def test_a_provider_that_is_switched_off_or_not_there_opens_nothing(
    cast: Cast, double: IdentityProviderDouble, client: Client
) -> None:
    journey = set_up(cast.alice, double, domain="acme.example")
    journey.go()
    remove_provider(actor=cast.alice.actor, now=clock.now())
    answer = journey.client.get(f"/c/{cast.acme.slug}/")
    assert answer["Location"].startswith("/account/login/")
    for page in ("", "start/", "callback/?state=x", "finish/", "metadata/"):
        assert client.get(f"/account/sso/{journey.provider.id}/{page}").status_code in {403, 404}
    assert client.post(f"/account/sso/{journey.provider.id}/assertion/").status_code == 404


# --- An address is nobody ------------------------------------------------------------------------------------------


def test_another_customers_provider_neither_signs_in_nor_links_a_person_it_names(
    cast: Cast, double: IdentityProviderDouble, kind: str
) -> None:
    """Mallory's provider says: this is Alice, who owns Acme; this is somebody at Acme's own domain."""
    own_domain(cast.alice, "acme.example")
    journey = set_up(cast.mallory, double, kind=kind, domain="globex.example")
    for email in (cast.alice.person.email, "nora@acme.example"):
        double.person = {"sub": "whoever", "email": email, "name": "Alice"}
        assert refused(journey.go(), journey.client)
    assert not Identity.objects.exists()
    assert not Membership.objects.filter(customer=cast.globex).exclude(pk=cast.mallory.membership.pk).exists()


def test_who_has_a_sign_in_of_their_own_confirms_with_it_before_anything_is_linked(
    cast: Cast, double: IdentityProviderDouble, kind: str
) -> None:
    journey = set_up(cast.alice, double, kind=kind)
    double.person = {"sub": "bob-1", "email": cast.bob.person.email, "name": "Bob"}
    answer = journey.go()
    assert answer["Location"] == "/account/sso/confirm/"
    assert "_auth_user_id" not in journey.client.session
    asked = journey.client.get("/account/sso/confirm/")
    assert urlsplit(asked["Location"]).path == "/account/login/"
    signed_in = journey.client.post(
        asked["Location"], {"login": cast.bob.person.email, "password": PASSWORD, "next": "/account/sso/confirm/"}
    )
    assert signed_in["Location"] == "/account/sso/confirm/"
    assert cast.acme.name in journey.client.get("/account/sso/confirm/").content.decode()
    assert not Identity.objects.exists()
    journey.client.post("/account/sso/confirm/")
    assert Identity.objects.get().membership == cast.bob.membership
    assert journey.client.post("/account/sso/confirm/").status_code == 404
    fresh = Journey(Client(HTTP_HOST="localhost"), journey.provider, double)
    assert fresh.go()["Location"] == f"/c/{cast.acme.slug}/"


def test_nobody_confirms_that_they_are_somebody_else(cast: Cast, double: IdentityProviderDouble) -> None:
    """Bob comes back from the provider as Carol, and signs in as himself."""
    journey = set_up(cast.alice, double)
    double.person = {"sub": "carol-1", "email": cast.carol.person.email, "name": "Carol"}
    journey.go()
    journey.client.post("/account/login/", {"login": cast.bob.person.email, "password": PASSWORD})
    assert journey.client.post("/account/sso/confirm/").status_code == 404
    assert not Identity.objects.exists()


def test_an_administrator_who_changes_whose_word_counts_does_not_become_the_owner(
    cast: Cast, customers: Customers, double: IdentityProviderDouble
) -> None:
    erin = customers.member(cast.acme, "Erin", "administrator")
    journey = set_up(cast.alice, double, kind="saml")
    for member, subject in ((cast.alice, "alice-1"), (cast.bob, "bob-1")):
        link(journey.provider, member, subject)
    double.publishes = key("of Erin")
    journey.provider = set_up(erin, double, kind="saml").provider
    assert list(Identity.objects.values_list("subject", flat=True)) == ["bob-1"]
    double.signs = key("of Erin")
    double.person = {"sub": "alice-1", "email": cast.alice.person.email}
    assert journey.go()["Location"] == "/account/sso/confirm/"  # where Alice's own password is asked for
    set_up(erin, double, kind="oidc")
    assert not Identity.objects.exists()  # another issuer's subjects are other people


def test_a_secret_is_never_sent_to_an_issuer_that_it_was_not_given_for(
    cast: Cast, double: IdentityProviderDouble
) -> None:
    provider = set_up(cast.alice, double).provider
    assert double.secret not in IdentityProvider.objects.get().secret
    again = {"kind": "oidc", "name": "Acme", "enabled": False, "creates_members": True, "default_role": "member"}
    for issuer, kept in ((double.url, True), ("https://evil.example", False)):
        asked = ProviderSettings(**again, issuer=issuer, client_id="sealport")
        configure_provider(actor=cast.alice.actor, settings=asked, now=clock.now())
        provider.refresh_from_db()
        assert bool(provider.secret) is kept


# --- When the customer is closed ------------------------------------------------------------------------------------


def only_by_provider(cast: Cast, double: IdentityProviderDouble) -> Journey:
    """Acme, whose people must come through its provider."""
    journey = set_up(cast.alice, double, domain="acme.example")
    rules = {"second_step": False, "provider_second_step": False, "email_domains": []}
    change_sign_in_rules(actor=cast.alice.actor, **rules, provider_required=True, now=clock.now())
    return journey


def test_after_the_end_the_owner_fetches_the_export_through_the_provider_and_without_it(
    cast: Cast, double: IdentityProviderDouble
) -> None:
    journey, export = only_by_provider(cast, double), cast.alice.url("settings/export/")
    end_contract(actor=cast.alice.actor, name="Acme", at_once=True, now=clock.now())
    people = Membership.objects.count()
    assert refused(journey.go(), journey.client), "nobody becomes a member of what is over"
    assert Membership.objects.count() == people

    link(journey.provider, cast.alice, "alice-1")
    double.person = {"sub": "alice-1", "email": cast.alice.person.email}
    assert journey.go()["Location"] == f"/c/{cast.acme.slug}/"
    assert journey.client.get(cast.alice.url(""))["Location"] == cast.alice.url("settings/closing/")
    assert journey.client.get(cast.alice.url("settings/closing/")).status_code == 200
    asked = journey.client.post(export)
    again = journey.client.get(asked["Location"])  # this is an act to confirm, and the provider is asked again
    there = journey.client.get(again["Location"])
    assert journey.come_back(there["Location"])["Location"] == cast.alice.url("settings/closing/")
    assert b"contract.json" in b"".join(journey.client.post(export).streaming_content)

    IdentityProvider.objects.update(issuer="https://gone.example")  # the provider is gone, or no provider any more
    own = Client(HTTP_HOST="localhost")
    own.post("/account/login/", {"login": cast.alice.person.email, "password": PASSWORD})
    assert b"contract.json" in b"".join(own.post(export).streaming_content)


def test_who_pays_comes_in_through_the_provider_while_the_customer_is_suspended_for_it(
    cast: Cast, customers: Customers, double: IdentityProviderDouble
) -> None:
    """Only owners come in without it: bookkeepers would find the door shut to what they should pay."""
    paula = customers.member(cast.acme, "Paula", "billing")
    journey = only_by_provider(cast, double)
    suspend_customer(actor=STAFF, customer_id=cast.acme.id, ground=Ground.NON_PAYMENT, now=clock.now())
    link(journey.provider, paula, "paula-1")
    double.person = {"sub": "paula-1", "email": paula.person.email}
    assert journey.go()["Location"] == f"/c/{cast.acme.slug}/"
    assert journey.client.get(paula.url("billing/")).status_code == 200
    assert journey.client.get(paula.url("documents/")).status_code == 403


# --- What the session opens ----------------------------------------------------------------------------------------


def link(provider: IdentityProvider, member: Member, subject: str) -> None:
    at = clock.now()
    Identity.objects.create(
        confirmed=True, provider=provider, subject=subject, membership=member.membership, created_at=at, last_used_at=at
    )


@pytest.fixture
def at_globex(cast: Cast, double: IdentityProviderDouble) -> tuple[Journey, Member]:
    """Bob, member of Acme, is a member of Globex too, where Mallory's provider signs him in."""
    at = clock.now()
    membership = Membership.objects.create(customer=cast.globex, person=cast.bob.person, role="member", created_at=at)
    bob = Member(cast.bob.person, membership, cast.globex)
    journey = set_up(cast.mallory, double, domain="globex.example")
    link(journey.provider, bob, "bob-1")
    double.person = {"sub": "bob-1", "email": "bob@globex.example"}
    assert journey.go()["Location"] == f"/c/{cast.globex.slug}/"
    return journey, bob


def test_a_session_that_one_customers_provider_opened_opens_no_other_customer(
    cast: Cast, at_globex: tuple[Journey, Member]
) -> None:
    client = at_globex[0].client
    assert client.get(f"/c/{cast.globex.slug}/").status_code == 200
    for page in ("", "seal/", "people/"):
        assert client.get(f"/c/{cast.acme.slug}/{page}").status_code == 404
    assert cast.acme.name not in client.get(f"/c/{cast.globex.slug}/").content.decode()
    assert client.get("/customers/")["Location"] == f"/c/{cast.globex.slug}/"
    assert cast.bob.client().get(f"/c/{cast.acme.slug}/").status_code == 200  # by means of his own


OWN_PAGES = [
    "/account/password/change/",
    "/account/password/set/",
    "/account/email/",
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/add/",
    "/account/2fa/recovery-codes/",
    "/account/sessions/",
    "/account/login/",
    "/account/login/code/",
    "/account/sso/confirm/",
    "/staff/",
]


def test_it_does_not_open_what_is_the_persons_own_either(at_globex: tuple[Journey, Member]) -> None:
    """Or Mallory would give Bob a password, and come back as Bob to Acme."""
    client, person = at_globex[0].client, at_globex[1].person
    phrase = "a long new phrase"
    fields = {"password1": phrase, "password2": phrase, "email": "m@evil.example", "action_add": "1"}
    for page in OWN_PAGES:
        for answer in (client.get(page), client.post(page, {**fields, "oldpassword": PASSWORD})):
            at_login = answer.status_code == 302 and "/login/" in answer["Location"]
            assert answer.status_code in {403, 404, 405} or at_login, page
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert EmailAddress.objects.filter(user=person).count() == 1


def test_such_a_session_takes_up_no_invitation_and_founds_no_customer(
    cast: Cast, at_globex: tuple[Journey, Member]
) -> None:
    from accounts.actions.invite_member import invite_member
    from accounts.queries import invitation_secret
    from accounts.rules.permissions import Role

    client, bob = at_globex[0].client, at_globex[1].person
    other = Membership.objects.filter(customer=cast.acme, person=bob)
    other.update(status="ended")
    invitation = invite_member(actor=cast.alice.actor, email=bob.email, role=Role.ADMINISTRATOR, now=clock.now())
    client.post(f"/invitations/{invitation_secret(invitation.id)}/")
    assert other.get().status == "ended"
    client.post(
        "/sign-up/", {"kind": "legal_entity", "customer_name": "Evil", "country": "LT", "plan": "1", "terms": "on"}
    )
    assert Membership.objects.filter(person=bob).count() == 2


def test_signing_in_through_a_provider_leaves_nothing_of_the_earlier_session(
    cast: Cast, at_globex: tuple[Journey, Member], double: IdentityProviderDouble
) -> None:
    both = Journey(cast.bob.client(), at_globex[0].provider, double)
    before = both.client.session.session_key
    both.go()
    assert both.client.session.session_key != before
    assert both.client.get(f"/c/{cast.acme.slug}/").status_code == 404


def test_a_provider_that_remembers_somebody_shows_nothing_about_who_sits_there(
    cast: Cast, double: IdentityProviderDouble
) -> None:
    """A sensitive act needs a sign-in of this hour at the provider, not one of ours that it waved through."""
    journey = set_up(cast.alice, double, domain="acme.example")
    journey.go()
    member = Membership.objects.get(person__email="nora@acme.example")
    Membership.objects.filter(id=member.id).update(role="administrator")
    page, now = f"/c/{cast.acme.slug}/settings/sign-in/", int(clock.now().timestamp())
    for told, again, enough in (
        ({}, {}, False),
        ({"auth_time": now - 7200}, {}, False),
        ({"auth_time": now - 7200}, {"again": "1"}, False),
        ({"auth_time": now - 60}, {}, True),
        ({}, {"again": "1"}, True),
    ):
        double.lies = told
        assert journey.go(**again).status_code == 302
        answer = journey.client.post(page, {"action": "token"})
        assert (answer.status_code == 201) is enough, (told, again)
        assert enough or answer["Location"].startswith("/account/reauthenticate/")


def test_notices_to_the_person_are_not_the_customers_to_read(at_globex: tuple[Journey, Member]) -> None:
    """Bob is staff, too: staff are told of what other customers order."""
    client, person = at_globex[0].client, at_globex[1].person
    facts = {"order": "ord_1", "ordered_by": "Initech", "years": 1}
    told = give_notice(
        kind="certificate_order.placed", customer_id=None, now=clock.now(), people=[person.pk], facts=facts
    )
    pages = [at_globex[1].url("notices/"), at_globex[1].url(f"notices/{told.id}/")]
    own = at_globex[1].client()
    assert [own.get(page).status_code for page in pages] == [200, 200]
    NoticeDelivery.objects.update(read_at=None)
    assert client.post(pages[0], {"action": "read_all"}).status_code == 302
    assert NoticeDelivery.objects.get(notice=told).read_at is None
    assert [client.get(page).status_code for page in pages] == [200, 404]
    assert "Initech" not in client.get(pages[0]).content.decode()
    assert client.get(pages[0]).context["unread_notices"] == 0


def test_it_can_be_ended_and_asks_the_provider_again_where_confirmation_is_needed(
    at_globex: tuple[Journey, Member], double: IdentityProviderDouble
) -> None:
    client = at_globex[0].client
    again = client.get("/account/reauthenticate/?next=/c/x/")
    assert again["Location"].startswith(f"/account/sso/{at_globex[0].provider.id}/start/?again=1")
    assert parse_qs(urlsplit(client.get(again["Location"])["Location"]).query)["prompt"] == ["login"]
    client.post("/account/logout/")
    assert "_auth_user_id" not in client.session
