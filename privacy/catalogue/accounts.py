"""What `accounts` keeps: customers, people, what lets them in, contracts, notices, webhooks."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method

_MEMBER = (Subject.MEMBER,)
_CONTACT = (Subject.CONTACT,)
_MEMBER_AND_STAFF = (Subject.MEMBER, Subject.STAFF)

_PEOPLE = (
    Table(
        name="accounts_person",
        words=_("Name, e-mail address, language, country and time zone of who signs in; a hash of the password"),
        purpose="account",
        retention="person",
        erasure=Method.FORGET_PERSON,
        about=_MEMBER_AND_STAFF,
        personal="id email name password language country time_zone last_login joined_at last_customer_id "
        "managed_by_id left_at deletion_asked_at kept_at restricted_at",
        technical="is_active is_staff is_superuser forgotten_at",
    ),
    Table(
        name="accounts_person_groups",
        words=_("Which groups of staff somebody belongs to"),
        purpose="account",
        retention="person",
        erasure=Method.FORGET_PERSON,
        about=(Subject.STAFF,),
        personal="person_id",
        technical="id group_id",
    ),
    Table(
        name="accounts_person_user_permissions",
        words=_("What one of staff may do beside their groups"),
        purpose="account",
        retention="person",
        erasure=Method.FORGET_PERSON,
        about=(Subject.STAFF,),
        personal="person_id",
        technical="id permission_id",
    ),
    Table(
        name="accounts_membership",
        words=_("Who belongs to which customer, in which role, since when, and what they want mail about"),
        purpose="account",
        retention="content",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="id person_id role status created_at ended_at external_id muted_topics",
        technical="customer_id sees_all",
    ),
    Table(
        name="accounts_invitation",
        words=_("E-mail addresses of people who were invited, and who invited them"),
        purpose="account",
        retention="activity",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="email role invited_by",
        technical="id customer_id secret_hash created_at expires_at accepted_at revoked_at",
    ),
    Table(
        name="accounts_apitoken",
        words=_("Keys of customers' programs, who made them and when they were used"),
        purpose="account",
        retention="content",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="name created_by_id last_used_at",
        technical="id customer_id live public_id secret_hash scopes created_at expires_at revoked_at networks "
        "former_secret_hash former_until reminded_days",
    ),
    Table(
        name="accounts_identityprovider",
        words=_("The customer's own sign-in service"),
        purpose="account",
        retention="content",
        erasure=Method.DELETE_ROWS,
        content="name issuer client_id secret sign_in_url certificates",
        technical="id customer_id kind enabled creates_members default_role created_at",
    ),
    Table(
        name="accounts_identity",
        words=_("Under which name the customer's sign-in service knows a member"),
        purpose="account",
        retention="content",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="subject membership_id last_used_at",
        technical="id provider_id confirmed created_at",
    ),
    Table(
        name="accounts_emaildomain",
        words=_("Domains of the customer's e-mail addresses"),
        purpose="account",
        retention="content",
        erasure=Method.DELETE_ROWS,
        content="name",
        technical="id customer_id created_at verified_at",
    ),
    Table(
        name="accounts_signincounter",
        words=_("Attempts to sign in by e-mail and network address, for minutes"),
        purpose="security",
        retention="expired",
        erasure=Method.DELETE_ROWS,
        about=(Subject.MEMBER, Subject.VISITOR),
        personal="cache_key value",
        technical="expires",
    ),
)

_CONTRACTS = (
    Table(
        name="accounts_customer",
        words=_("Name, numbers and address of the customer; a person's own where the customer is one"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_CONTACT,
        personal="name slug register_number vat_number street postcode city",
        technical="schema_name id kind country status schema_version created_at sign_in_rules members_see_all "
        "members_share last_active_on",
    ),
    Table(
        name="accounts_customerdomain",
        words=_("Host names of the customer's own"),
        purpose="account",
        retention="content",
        erasure=Method.DELETE_ROWS,
        content="domain",
        technical="id tenant_id is_primary",
    ),
    Table(
        name="accounts_customeridentity",
        words=_("Which entity a customer was before it was transferred"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_CONTACT,
        personal="name register_number vat_number",
        technical="id customer_id kind country since until case_id",
    ),
    Table(
        name="accounts_application",
        words=_("What somebody applied with, declared and accepted, and in which position"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="person_id name register_number vat_number street postcode city position declarations accepted",
        technical="id kind country plan_code terms_accepted_at customer_id",
    ),
    Table(
        name="accounts_legaldocument",
        words="The texts of the contract themselves",
        purpose="operation",
        technical="id kind audience country language version title text sha256 announced_at announced_on effective_on "
        "first needs_acceptance",
    ),
    Table(
        name="accounts_legalfile",
        words="The texts as sealed files",
        purpose="operation",
        technical="document_id content sha256 sealed_at",
    ),
    Table(
        name="accounts_legalnotice",
        words="Which text was announced to which customer",
        purpose="operation",
        technical="id document_id customer_id notice_number told_at",
    ),
    Table(
        name="accounts_acceptance",
        words=_("Who accepted which text for which customer, on what authority"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="person_id person_name authority",
        technical="id document_id document_sha256 customer_id accepted_at",
    ),
    Table(
        name="accounts_ending",
        words=_("How a contract came to its end, who asked for it and by which letter"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER_AND_STAFF,
        personal="asked_by evidence_name",
        technical="id customer_id by ground asked_at noticed_on ends_at erase_by confirmed amount evidence_sha256 "
        "state ended_at",
    ),
    Table(
        name="accounts_erasure",
        words="When a customer's content has to be erased, and was",
        purpose="operation",
        technical="id customer_id ending_id scheduled_at due_at done_at",
    ),
    Table(
        name="accounts_case",
        words=_("Changes that somebody outside asked for: who they are, how to reach them, who decided"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.CONTACT, Subject.STAFF),
        personal="asked_by_name asked_by_contact asked_by_capacity facts opened_by_id opened_by_name decided_by_id "
        "decided_by_name decision_reason objection objected_by_name",
        technical="id kind customer_id state opened_at decided_at wanted_at takes_effect_at invitation_id ended_at",
    ),
    Table(
        name="accounts_caseevidence",
        words=_("Papers that show a right to act; the files are in the storage, encrypted"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.CONTACT, Subject.STAFF),
        personal="name added_by_name",
        technical="id case_id size sha256 object_name added_at",
    ),
    Table(
        name="accounts_referenceconsent",
        words=_("Consent to be named as a customer, and who gave or withdrew it"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="given_by given_by_name withdrawn_by_name",
        technical="id customer_id name logo words_version words words_sha256 given_at withdrawn_at",
    ),
    Table(
        name="accounts_suspension",
        words=_("Why a customer was suspended, and who of staff did and undid it"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.STAFF,),
        personal="reason suspended_by lifted_by lift_reason",
        technical="id customer_id ground suspended_at review_at lifted_at",
    ),
    Table(
        name="accounts_accessgrant",
        words=_("Who of staff was let see a customer's documents, who allowed it and why"),
        purpose="accountability",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER_AND_STAFF,
        personal="purpose ticket authority order_reference offered_by offered_by_name requested_by_id "
        "requested_by_name decided_by_id decided_by_name ended_by_name",
        technical="id customer_id basis state all_documents seal_ids with_content with_trail hours silent_until "
        "offered_at requested_at decided_at starts_at ends_at ended_at uses",
    ),
    Table(
        name="accounts_accessread",
        words="Which pages were opened with a grant",
        purpose="operation",
        technical="id grant_id at page seal_id",
    ),
)

_MESSAGES = (
    Table(
        name="accounts_notice",
        words=_("What we told a customer or a person, by number"),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="subject facts",
        technical="id number kind customer_id at given_at",
    ),
    Table(
        name="accounts_noticedelivery",
        words=_(
            "To whom and which address a notice went, when it was opened, why it came back; without the address once "
            "somebody is forgotten"
        ),
        purpose="contract",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER_AND_STAFF,
        personal="person_id email language sent_at read_at failure",
        technical="id notice_id state attempts text_sha256 own_server",
    ),
    Table(
        name="accounts_noticecounter",
        words="The last number of a notice in each year",
        purpose="operation",
        technical="id owner year last",
    ),
    Table(
        name="accounts_mailserver",
        words=_("The mail server that a customer wants its notices sent by; its password is encrypted"),
        purpose="account",
        retention="content",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="username sender answer",
        content="host password",
        technical="id customer_id port tls enabled changed_at proven_at tried_at failed_at told_at reason",
    ),
    Table(
        name="accounts_webhook",
        words=_("Addresses of customers' programs that are told of events, and who set them up"),
        purpose="account",
        retention="content",
        erasure=Method.DELETE_ROWS,
        about=_MEMBER,
        personal="created_by created_by_name",
        content="url description keys former_keys",
        technical="id customer_id live types api_version state disabled_reason public_key former_until "
        "seen_transaction seen_event failing_since failures created_at",
    ),
    Table(
        name="accounts_webhookdelivery",
        words=_("What customers' programs were told"),
        purpose="account",
        retention="webhook_log",
        erasure=Method.DELETE_ROWS,
        content="body",
        technical="id webhook_id message_id type state attempts_made attempts_in_round dispatched created_at "
        "next_attempt_at ended_at",
    ),
    Table(
        name="accounts_webhookattempt",
        words=_("What customers' programs answered"),
        purpose="account",
        retention="webhook_log",
        erasure=Method.DELETE_ROWS,
        content="request_headers answer_headers answer_body",
        technical="id delivery_id number at milliseconds status error",
    ),
)

TABLES: tuple[Table, ...] = (*_PEOPLE, *_CONTRACTS, *_MESSAGES)
