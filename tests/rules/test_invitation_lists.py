"""Lists of people to invite, as spreadsheets write them."""

from __future__ import annotations

import pytest

from accounts.rules.invitation_lists import ListUnreadable, looks_like_address, read_list
from accounts.rules.permissions import Role

WORDS = {"member": Role.MEMBER, "narys": Role.MEMBER, "audītors": Role.AUDITOR}


@pytest.mark.parametrize(
    "text",
    [
        "ona@example.org;narys\njānis@example.org;Audītors\n",
        "Email,Role,Name\nona@example.org,member,Ona\njānis@example.org,audītors,\n",
        "Vārds\tE-pasts\tLoma\nOna\tona@example.org\tmember\n\nJānis\tJĀNIS@example.org\tAUDĪTORS\n",
        '"e-post";"roll"\r\n"ona@example.org";"narys"\r\n"jānis@example.org";"audītors"\r\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1257"])
def test_delimiter_heading_and_encoding_are_found_out(text: str, encoding: str) -> None:
    found = [(line.email, line.role) for line in read_list(text.encode(encoding), WORDS)]
    assert found == [("ona@example.org", Role.MEMBER), ("jānis@example.org", Role.AUDITOR)]


def test_a_line_keeps_its_number_and_what_stands_for_the_role() -> None:
    lines = read_list(b"\n\na@example.org\n\nb@example.org;king\n", WORDS)
    assert [(line.number, line.role, line.role_text) for line in lines] == [(3, Role.MEMBER, ""), (5, None, "king")]


@pytest.mark.parametrize("content", [b"", b" \n", b"email;role", b"\0", b"a@x.example\n" * 501, b"x" * 262_145])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(ListUnreadable):
        read_list(content, WORDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ona@example.org", True),
        ("ona.o'neil+x@sub.example.org", True),
        ("ona@örebro.se", True),
        ("ona@example", False),
        ("ona@example.org\nBcc: x@example.org", False),
        ("<ona@example.org>", False),
        ("a@example.org,b@example.org", False),
        ("on\0a@example.org", False),
        ("o" * 65 + "@example.org", False),
        ("", False),
    ],
)
def test_only_plain_addresses_can_be_mailed_to(text: str, expected: bool) -> None:
    assert looks_like_address(text) is expected
