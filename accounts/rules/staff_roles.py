"""What people of the operator may do in `/staff/` (clause D7): who looks, who approves, and who may all of it."""

from __future__ import annotations

from enum import StrEnum


class StaffRole(StrEnum):
    """`support` works with customers, `bookkeeper` with invoices and payments, `supervisor` decides what needs a second
    person, `chief` may everything."""

    SUPPORT = "support"
    BOOKKEEPER = "bookkeeper"
    SUPERVISOR = "supervisor"
    CHIEF = "chief"


# Apps whose rows all roles may read. Django's codenames, as `app.codename`.
READ_APPS = ("accounts", "billing", "trust", "privacy", "kernel")

PERMISSIONS: dict[StaffRole, frozenset[str]] = {
    StaffRole.SUPPORT: frozenset(
        {
            "accounts.request_accessgrant",
            "accounts.open_case",
            "accounts.read_evidence",
            "privacy.record_disclosure",
            "privacy.manage_databreach",
            "privacy.answer_contactmessage",
        }
    ),
    StaffRole.BOOKKEEPER: frozenset({"billing.change_invoice", "billing.change_payment", "billing.add_cardrefund"}),
    StaffRole.SUPERVISOR: frozenset(
        {
            "accounts.approve_accessgrant",
            "accounts.decide_case",
            "accounts.read_evidence",
            "accounts.change_customer",
            "privacy.record_disclosure",
            "privacy.confirm_disclosure",
            "privacy.manage_databreach",
            "privacy.manage_subprocessor",
            "privacy.manage_hold",
            "privacy.release_retentionrun",
            "privacy.answer_rightsrequest",
            "privacy.answer_contactmessage",
        }
    ),
}


def is_all_powerful(role: StaffRole) -> bool:
    """Whether the role needs no list of permissions. Two people are needed of a chief as of everybody."""
    return role is StaffRole.CHIEF
