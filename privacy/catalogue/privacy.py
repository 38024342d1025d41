"""What `privacy` keeps: what is due to be erased, and the proof of what was."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method

_STAFF = (Subject.STAFF,)

_RETENTION = (
    Table(
        name="privacy_retentionitem",
        words="What is due to be erased, and when",
        purpose="operation",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        technical="id rule subject customer_id person_id cycle due_on state step counts ledger_entry_id found_at"
        " claimed_at ended_at",
    ),
    Table(
        name="privacy_erasurewish",
        words="Which request waits for the erasure of an account",
        purpose="operation",
        technical="request_id person_id asked_at refused ended_at",
    ),
    Table(
        name="privacy_retentionnotice",
        words="That it was told before",
        purpose="operation",
        technical="id item_id days_before given_on due_on_told",
    ),
    Table(
        name="privacy_hold",
        words=_("What must not be erased for now, because of which case, and who of staff said so"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=_STAFF,
        personal="case reason placed_by released_by release_reason",
        technical="id covers subject placed_at released_at",
    ),
    Table(
        name="privacy_retentionrun",
        words=_("Runs of the erasure, and who of staff released one that had stopped"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=_STAFF,
        personal="released_by release_reason",
        technical="id rule store day state started_at ended_at planned population erased held allowed told_at error",
    ),
    Table(
        name="privacy_erasureledgerentry",
        words="What was erased, as keyed hashes and numbers; about nobody, and kept for good",
        purpose="operation",
        technical="id rule step subject_kind subject_hash counts written_at",
    ),
    Table(
        name="privacy_erasurereceipt",
        words=_("Sealed receipts of what was erased of a customer, with its name"),
        purpose="accountability",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.CONTACT,),
        personal="content",
        technical="id rule subject_hash sha256 made_at",
    ),
)

_REGISTERS = (
    Table(
        name="privacy_consentrecord",
        words=_("What a browser answered when it was asked about cookies; by a random number, not by person"),
        purpose="preferences",
        retention="consent",
        erasure=Method.DELETE_ROWS,
        about=(Subject.VISITOR,),
        personal="browser manner choices language despite_signal given_at",
        technical="id registry_version text_hash",
    ),
    Table(
        name="privacy_contactmessage",
        words=_("Messages sent by the contact form, with name and e-mail address"),
        purpose="contact",
        retention="contact_message",
        erasure=Method.DELETE_ROWS,
        about=(Subject.REQUESTER, Subject.STAFF),
        personal="name email message answered_by",
        technical="id topic language consent_text consent_sha256 received_at answered_at",
    ),
    Table(
        name="privacy_subprocessor",
        words=_("Companies that process data for us, and who of staff recorded them"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=_STAFF,
        personal="recorded_by",
        technical="id name country purpose categories transfer_ground initial announced_on starts_on ends_on",
    ),
    Table(
        name="privacy_subprocessornotice",
        words="That customers were told of them",
        purpose="operation",
        technical="id sub_processor_id customer_id told_on starts_on_told",
    ),
    Table(
        name="privacy_disclosure",
        words=_("What an authority demanded to see, on what ground, what it got, and who of staff decided"),
        purpose="accountability",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.STAFF, Subject.MEMBER),
        personal="what reference secrecy_ground recorded_by recorded_by_name decided_by decided_by_name",
        technical="id state customer_id authority country legal_basis outcome requested_on disclosed_on grant_id "
        "silent_until recorded_at decided_at told_at",
    ),
    Table(
        name="privacy_databreach",
        words=_("Data breaches: what happened, how many people it concerned, what was done, and who of staff wrote it"),
        purpose="rights",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=_STAFF,
        personal="recorded_by closed_by",
        technical="id title nature aware_at began_at of_customers categories people records risk risk_reasons "
        "consequences measures assessed_at authority_told_at authority authority_reference delay_reasons "
        "people_told_at people_reason reminded recorded_at closed_at",
    ),
    Table(
        name="privacy_breachnotice",
        words="What customers were told of a breach",
        purpose="operation",
        technical="id breach_id customer_id words words_sha256 told_at",
    ),
    Table(
        name="privacy_publishedfigure",
        words="Figures that were published; sums that tell of nobody",
        purpose="operation",
        technical="id kind begins_on value highest published_at",
    ),
)

_RIGHTS = (
    Table(
        name="privacy_rightsrequest",
        words=_("Requests about personal data: who asked for what, and what came of it"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=(Subject.REQUESTER, Subject.MEMBER),
        personal="person_id email name country message language scope extension_reasons outcome answer answer_pdf",
        technical="id number kind state about_documents secret_hash link_hash link_number link_sent_at identity_at "
        "identity_by received_at due_on extended_at extended_due_on export_made_at refusal_ground answer_sha256 "
        "reminded closed_at",
    ),
    Table(
        name="privacy_rightsexport",
        words=_("That a copy of somebody's data waits to be fetched, and how often it was"),
        purpose="rights",
        retention="rights_export",
        erasure=Method.DELETE_ROWS,
        about=(Subject.REQUESTER, Subject.MEMBER),
        personal="person_id downloads downloaded_at",
        technical="id request_id kind secret_hash object_name size sha256 made_at made_on delete_on",
    ),
    Table(
        name="privacy_rightsstep",
        words=_("Each step of a request about personal data, who took it and why"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=(Subject.REQUESTER, Subject.STAFF),
        personal="by_name reason",
        technical="id request_id at step by_kind",
    ),
    Table(
        name="privacy_restriction",
        words=_("Whose data are kept and not used for now, since when, and why that ends"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=(Subject.REQUESTER, Subject.MEMBER),
        personal="person_id end_reasons",
        technical="request_id placed_at end_announced_at ends_on lifted_at",
    ),
    Table(
        name="privacy_forwardedrequest",
        words=_("Requests that were passed on to the customer who decides about the data, and how it ended"),
        purpose="rights",
        retention="rights_request",
        erasure=Method.DELETE_ROWS,
        about=(Subject.REQUESTER, Subject.MEMBER),
        personal="note closed_by",
        technical="id request_id customer_id state forwarded_at due_on closed_at",
    ),
)

TABLES: tuple[Table, ...] = (*_RETENTION, *_REGISTERS, *_RIGHTS)
