"""What Django and allauth keep: sessions, e-mail addresses, second steps, the staff's history of the admin."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method

_PEOPLE = (Subject.MEMBER, Subject.STAFF)


def _of_the_program(name: str, words: str, technical: str) -> Table:
    return Table(name=name, words=words, purpose="operation", technical=technical)


TABLES: tuple[Table, ...] = (
    Table(
        name="account_emailaddress",
        words=_("E-mail addresses that somebody signs in with, and whether they are confirmed"),
        purpose="account",
        retention="person",
        erasure=Method.FORGET_PERSON,
        about=_PEOPLE,
        personal="user_id email",
        technical="id verified primary",
    ),
    Table(
        name="account_emailconfirmation",
        words=_("Confirmations of e-mail addresses that are under way"),
        purpose="account",
        retention="activity",
        erasure=Method.DELETE_ROWS,
        about=_PEOPLE,
        personal="email_address_id key",
        technical="id created sent",
    ),
    Table(
        name="mfa_authenticator",
        words=_("Second steps and passkeys: their public keys, secrets, names, and when they were used"),
        purpose="account",
        retention="person",
        erasure=Method.FORGET_PERSON,
        about=_PEOPLE,
        personal="user_id data last_used_at",
        technical="id type created_at",
    ),
    Table(
        name="usersessions_usersession",
        words=_("Sessions that are open: network address, browser, when last seen"),
        purpose="security",
        retention="expired",
        erasure=Method.DELETE_ROWS,
        about=_PEOPLE,
        personal="user_id ip user_agent last_seen_at data",
        technical="id created_at session_key",
    ),
    Table(
        name="django_session",
        words=_("What a session remembers; it ends after hours"),
        purpose="security",
        retention="expired",
        erasure=Method.DELETE_ROWS,
        about=(Subject.MEMBER, Subject.STAFF, Subject.VISITOR),
        personal="session_data",
        technical="session_key expire_date",
    ),
    Table(
        name="django_admin_log",
        words=_("What staff did in the admin; our own pages write to the audit trail instead"),
        purpose="accountability",
        retention="activity",
        erasure=Method.DELETE_ROWS,
        about=(Subject.STAFF,),
        personal="user_id object_repr change_message",
        technical="id action_time content_type_id object_id action_flag",
    ),
    _of_the_program("auth_permission", "What staff may be allowed", "id name content_type_id codename"),
    _of_the_program("auth_group", "Groups of staff", "id name"),
    _of_the_program("auth_group_permissions", "What groups may do", "id group_id permission_id"),
    _of_the_program("django_content_type", "Names of the tables", "id app_label model"),
    _of_the_program("django_migrations", "Which migrations have run", "id app name applied"),
)
