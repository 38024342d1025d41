"""Who had what sealed and who sees it: usage by member, and documents under the customer's rules (clause C2)."""

from __future__ import annotations

import csv
import io
import re

from accounts.actions.change_document_rules import change_document_rules
from accounts.actions.change_member_visibility import change_member_visibility
from kernel import clock, runner
from sealing.formats.sample import sample_pdf
from tests.cast import Cast, Member


def seal(member: Member, name: str) -> str:
    file = io.BytesIO(sample_pdf())
    file.name = name
    answer = member.client().post(member.url("seal/upload/"), {"file": file})
    assert answer.status_code == 202, answer.content
    identifier: str = answer.json()["id"]
    return identifier


def sealed_names(member: Member) -> list[tuple[str, int]]:
    answer = member.client().get(member.url("usage/members/"))
    return [(each.name, each.live + each.test) for each in answer.context["work"]]


def test_usage_by_member_is_seen_as_far_as_the_documents_are_and_leads_to_them(sealing_cast: Cast) -> None:
    alice, bob, dave = sealing_cast.alice, sealing_cast.bob, sealing_cast.dave
    for member, name in ((bob, "one.pdf"), (bob, "two.pdf"), (dave, "three.pdf")):
        seal(member, name)
    runner.drain()
    assert sealed_names(alice) == [("Bob", 2), ("Dave", 1)]
    assert sealed_names(bob) == [("Bob", 2)]
    page = alice.client().get(alice.url("usage/members/")).content.decode()
    [link] = re.findall(rf'href="([^"]*member={bob.membership.id}[^"]*)"', page)
    behind = alice.client().get(link.replace("&amp;", "&")).content.decode()
    assert ("one.pdf" in behind, "two.pdf" in behind, "three.pdf" in behind) == (True, True, False)
    text = b"".join(alice.client().get(alice.url("usage/members.csv")).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert [(row["name"], row["kind"]) for row in csv.DictReader(io.StringIO(text))] == [
        ("Bob", "member"),
        ("Dave", "member"),
    ]
    assert alice.client().get(alice.url("usage/members/"), {"month": "2020-01"}).context["work"] == []
    assert "two documents" not in page
    own = alice.client().get(alice.url(f"people/{bob.membership.id}/")).content.decode()
    assert f"member={bob.membership.id}" in own


def test_the_rules_about_documents_hold_for_documents(sealing_cast: Cast) -> None:
    alice, bob, dave, now = sealing_cast.alice, sealing_cast.bob, sealing_cast.dave, clock.now()
    of_dave = dave.url(f"documents/{seal(dave, 'secret.pdf')}/")

    def status(member: Member, path: str = "") -> int:
        return member.client().get(of_dave + path).status_code

    assert (status(bob), status(alice)) == (404, 200)
    change_document_rules(actor=alice.actor, members_see_all=True, members_share=False, now=now)
    assert (status(bob), status(bob, "delete/")) == (200, 403), "to see is not to manage"
    share = {"action": "share", "member": bob.membership.id}
    assert dave.client().post(of_dave + "sharing/", share).status_code == 403
    assert "only administrators share" in dave.client().get(of_dave + "sharing/").content.decode()
    change_member_visibility(actor=alice.actor, membership_id=bob.membership.id, sees_all=False, now=now)
    assert status(bob) == 404
    assert alice.client().post(of_dave + "sharing/", share).status_code == 302
    assert status(bob) == 200
