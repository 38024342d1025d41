"""What accounts, and the libraries that sign people in, keep about one person (GDPR 15 and 20)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db.models import F, Q

from accounts.models import (
    Acceptance,
    AccessGrant,
    ApiToken,
    Application,
    Case,
    CaseEvidence,
    Customer,
    CustomerIdentity,
    Ending,
    Identity,
    Invitation,
    MailServer,
    Membership,
    Notice,
    NoticeDelivery,
    Person,
    ReferenceConsent,
    Suspension,
    Webhook,
)
from accounts.queries.person_audit import audit_rows
from accounts.queries.whose import Whose
from accounts.queries.without_others import without_others
from kernel.personal_rows import PersonalRows, personal_rows


def account_rows(whose: Whose) -> list[PersonalRows]:
    """Every table of accounts, sign-in and audit trail that tells of people, with the rows about this one."""
    cleaned = without_others(whose)
    return [
        *_person(whose),
        *_sign_in(whose),
        *_belonging(whose),
        *_contract(whose),
        *_decided(whose),
        *_told(whose, cleaned),
        audit_rows(whose, cleaned),
    ]


def _person(whose: Whose) -> list[PersonalRows]:
    person = Person.objects.filter(pk=whose.person)
    groups = Person.groups.through.objects.filter(person_id=whose.person)
    permissions = Person.user_permissions.through.objects.filter(person_id=whose.person)
    return [
        personal_rows(
            person,
            "id email name language country time_zone joined_at last_login left_at kept_at deletion_asked_at "
            "restricted_at last_customer_id managed_by_id is_active is_staff",
            secret="password",  # noqa: S106 - a name of a field
        ),
        personal_rows(groups.annotate(group_name=F("group__name")), "person_id group_name"),
        personal_rows(permissions.annotate(permission_name=F("permission__codename")), "person_id permission_name"),
    ]


def _sign_in(whose: Whose) -> list[PersonalRows]:
    theirs = Q(user_id=whose.person)
    return [
        personal_rows(EmailAddress.objects.filter(theirs), "id user_id email verified primary"),
        personal_rows(
            EmailConfirmation.objects.filter(email_address__user_id=whose.person),
            "id email_address_id created sent",
            secret="key",  # noqa: S106
        ),
        personal_rows(
            Authenticator.objects.filter(theirs),
            "id user_id type created_at last_used_at",
            secret="data",  # noqa: S106
        ),
        personal_rows(UserSession.objects.filter(theirs), "id user_id created_at last_seen_at ip user_agent data"),
        personal_rows(
            LogEntry.objects.filter(theirs),
            "id action_time user_id action_flag",
            another="object_repr change_message",
        ),
    ]


def _belonging(whose: Whose) -> list[PersonalRows]:
    invitations = Invitation.objects.filter(whose.addressed("email") | whose.named("invited_by"))
    at = {"customer_name": F("customer__name")}
    return [
        personal_rows(
            Membership.objects.filter(id__in=whose.members).annotate(**at),
            "id person_id customer_id customer_name role status sees_all created_at ended_at external_id muted_topics",
        ),
        personal_rows(
            invitations,
            "id customer_id email role invited_by created_at expires_at accepted_at revoked_at",
            marks=whose.marks,
            theirs=("email", "invited_by"),
        ),
        personal_rows(
            ApiToken.objects.filter(created_by_id__in=whose.members),
            "id customer_id name live public_id scopes networks created_by_id created_at expires_at last_used_at "
            "revoked_at",
        ),
        personal_rows(
            Identity.objects.filter(membership_id__in=whose.members),
            "id provider_id subject membership_id confirmed created_at last_used_at",
        ),
        personal_rows(
            Webhook.objects.filter(created_by__in=whose.members),
            "id customer_id live types state created_by created_by_name created_at",
        ),
        personal_rows(
            MailServer.objects.filter(Q(customer_id__in=whose.own_customers) | whose.addressed("sender")),
            "id customer_id username sender answer changed_at",
        ),
    ]


def _contract(whose: Whose) -> list[PersonalRows]:
    return [
        personal_rows(
            Customer.objects.filter(id__in=whose.own_customers),
            "id slug name kind country register_number vat_number street postcode city status created_at",
        ),
        personal_rows(
            CustomerIdentity.objects.filter(customer_id__in=whose.own_customers),
            "id customer_id name kind country register_number vat_number since until",
        ),
        personal_rows(
            Application.objects.filter(person_id=whose.person),
            "id person_id customer_id kind name country register_number vat_number street postcode city position "
            "declarations accepted plan_code terms_accepted_at",
        ),
        personal_rows(
            Acceptance.objects.filter(person_id=whose.person),
            "id document_id document_sha256 customer_id person_id person_name authority accepted_at",
        ),
        personal_rows(
            Ending.objects.filter(whose.named("asked_by") | Q(asked_by__in=whose.staff_names)),
            "id customer_id by ground asked_by asked_at noticed_on ends_at state ended_at",
            another="evidence_name",
        ),
        personal_rows(
            ReferenceConsent.objects.filter(given_by__in=whose.members),
            "id customer_id name logo words given_by given_by_name given_at withdrawn_by_name withdrawn_at",
            marks=whose.marks,
            theirs=("withdrawn_by_name",),
        ),
    ]


def _decided(whose: Whose) -> list[PersonalRows]:
    """What staff decide upon, of those who asked and of those who decided."""
    by_staff = Q(opened_by_id=whose.person) | Q(decided_by_id=whose.person)
    granted = Q(offered_by__in=whose.members) | Q(requested_by_id=whose.person) | Q(decided_by_id=whose.person)
    suspended = Q(suspended_by__in=whose.staff_names) | Q(lifted_by__in=whose.staff_names)
    return [
        personal_rows(
            Case.objects.filter(whose.addressed("asked_by_contact") | by_staff),
            "id kind customer_id state asked_by_name asked_by_contact asked_by_capacity opened_by_id opened_by_name "
            "opened_at decided_by_id decided_by_name decided_at decision_reason takes_effect_at ended_at",
            marks=whose.marks,
            theirs=(
                "asked_by_contact asked_by_name asked_by_capacity decision_reason",
                "opened_by_id opened_by_name",
                "decided_by_id decided_by_name",
            ),
            another="facts objection objected_by_name",
        ),
        personal_rows(
            CaseEvidence.objects.filter(whose.addressed("case__asked_by_contact")),
            "id case_id name size sha256 added_at",
            another="added_by_name",
        ),
        personal_rows(
            Suspension.objects.filter(suspended),
            "id customer_id ground reason suspended_by suspended_at lifted_by lift_reason lifted_at",
            marks=whose.marks,
            theirs=("suspended_by reason", "lifted_by lift_reason"),
        ),
        personal_rows(
            AccessGrant.objects.filter(granted),
            "id customer_id basis state purpose ticket offered_by offered_by_name offered_at requested_by_id "
            "requested_by_name requested_at decided_by_id decided_by_name decided_at starts_at ends_at ended_at "
            "ended_by_name",
            marks=whose.marks,
            theirs=(
                "offered_by offered_by_name",
                "requested_by_id requested_by_name ticket",
                "decided_by_id decided_by_name",
                "ended_by_name",
            ),
            another="authority order_reference",
        ),
    ]


def _told(whose: Whose, cleaned: Callable[[Any], Any]) -> list[PersonalRows]:
    """Notices as they were given, and how each reached the person."""
    deliveries = NoticeDelivery.objects.filter(person_id=whose.person)  # an address may be another's by now
    notices = Notice.objects.filter(id__in=deliveries.values("notice_id"))
    return [
        personal_rows(
            notices,
            "id number kind customer_id subject facts at given_at",
            changed={"facts": cleaned, "subject": cleaned},
        ),
        personal_rows(deliveries, "id notice_id person_id email language state attempts sent_at read_at failure"),
    ]
