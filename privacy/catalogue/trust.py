"""What `trust` keeps: keys, certificates, key ceremonies, what outside services said."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method


def _outside(name: str, words: str, technical: str, *, retention: str = "") -> Table:
    """Keys of the operator's own and what services outside said; about nobody."""
    return Table(
        name=name,
        words=words,
        purpose="operation",
        retention=retention,
        erasure=Method.DELETE_ROWS if retention else None,
        technical=technical,
    )


TABLES: tuple[Table, ...] = (
    Table(
        name="trust_sealkey",
        words=_("Keys of customers' seals, and who ordered or witnessed their destruction"),
        purpose="certificates",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.STAFF,),
        personal="destruction_asked_by destroyed_by",
        technical="id customer_id algorithm live created_at destruction_asked_at destroyed_at",
    ),
    Table(
        name="trust_sealcertificate",
        words=_("Certificates of seals: they name the customer, and a person where the customer is one"),
        purpose="certificates",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.CONTACT,),
        personal="requested_subject subject request certificate",
        technical="id customer_id key_id live state chain issuer serial fingerprint not_before not_after "
        "for_electronic_seal qualified on_secure_device requested_at activated_at ended_at",
    ),
    Table(
        name="trust_certificateorder",
        words=_("Orders of certificates, with what they shall state"),
        purpose="certificates",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.CONTACT,),
        personal="legal_name registration_number seal_name",
        technical="id customer_id years key_algorithm country amount renews_id certificate_id state ordered_at",
    ),
    Table(
        name="trust_ceremonystep",
        words=_("Who did what in a key ceremony"),
        purpose="certificates",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.STAFF, Subject.MEMBER),
        personal="person_id person_name facts",
        technical="id order_id kind at",
    ),
    Table(
        name="trust_ceremonyminutes",
        words=_("The sealed minutes of a key ceremony"),
        purpose="certificates",
        retention="bookkeeping",
        erasure=Method.DELETE_ROWS,
        about=(Subject.STAFF, Subject.MEMBER),
        personal="content",
        technical="order_id sha256 sealed_at",
    ),
    _outside("trust_certificatereminder", "That the end of a certificate was told", "id certificate_id days sent_at"),
    _outside("trust_auditkey", "Keys that sign the audit trail", "id algorithm public_key created_at retired_at"),
    _outside("trust_receiptkey", "Keys that sign receipts", "id algorithm public_key created_at retired_at"),
    _outside(
        "trust_revocationanswer",
        "Whether certificates are revoked",
        "id kind covers url content this_update next_update fetched_at",
        retention="activity",
    ),
    _outside(
        "trust_revocationsource",
        "Where that is asked",
        "id kind url failures failing_since last_ok_at last_error last_error_at",
    ),
    _outside("trust_revocationwatch", "When it is asked next", "id certificate_id due_at unknown_since detail"),
    _outside(
        "trust_timestampauthority",
        "Timestamp authorities",
        "id url name live enlisted position failures rest_until last_ok_at last_error last_error_at failing_since "
        "held_until window_starts_at window_used signer_due_at signer signer_chain",
    ),
    _outside(
        "trust_timestampissued",
        "Serial numbers of timestamps",
        "id authority_id serial generated_at",
        retention="timestamp_log",
    ),
    _outside(
        "trust_timestampday",
        "How an authority did on a day",
        "id authority_id on lane issued failed stood_in latencies",
        retention="timestamp_log",
    ),
    _outside(
        "trust_trustedlist",
        "Trusted lists of the member states",
        "id territory url signers content version sequence_number issued_at next_update_at is_test pointed_at "
        "checked_at last_error last_error_at",
    ),
    _outside("trust_trustedentry", "Services in trusted lists", "id trusted_list_id keys content"),
)
