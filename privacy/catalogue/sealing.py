"""What `sealing` keeps, in a schema of each customer's own: we are its processor (D9); it goes with the contract."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method


def _customers(
    name: str, words: str, technical: str, *, content: str = "", personal: str = "", about: tuple[Subject, ...] = ()
) -> Table:
    """A table of a customer's schema, which is dropped whole; what is encrypted in it is unreadable before (D3)."""
    return Table(
        name=name,
        words=words,
        purpose="sealing",
        retention="content",
        erasure=Method.DROP_SCHEMA,
        about=about,
        personal=personal,
        content=content,
        technical=technical,
    )


_MEMBER = (Subject.MEMBER,)
_BOTH = (Subject.MEMBER, Subject.SIGNER)

TABLES: tuple[Table, ...] = (
    _customers(
        "sealing_seal",
        _("Seals: what was asked for (encrypted), by whom, what became of it"),
        "id status format level live certificate_id certificate_subject engine_version accepted_at sealed_at "
        "object_name size timestamp_authority timestamp_serial timestamp_at evidence archived_until delay_code "
        "delay_detail failure_code deleted_at",
        content="encrypted_options encrypted_appearance reference_index sha256 failure_detail",
        personal="requested_by requested_by_name deleted_by deleted_by_name",
        about=_BOTH,
    ),
    _customers(
        "sealing_document",
        _("Documents: their encrypted names, digests, and words to find them by"),
        "id seal_id position media_type size digest_algorithm object_name created_at",
        content="encrypted_name digest search_index",
        about=(Subject.SIGNER,),
    ),
    _customers(
        "sealing_batch",
        _("Documents that came together, and who sent them"),
        "id live opened_at last_item_at closed_at finished_at size unfinished",
        personal="requested_by requested_by_name",
        about=_MEMBER,
    ),
    _customers(
        "sealing_batchitem",
        _("Names of documents that were refused (encrypted), and why"),
        "id batch_id position seal_id",
        content="encrypted_name problem",
    ),
    _customers(
        "sealing_label",
        _("Labels, encrypted"),
        "id created_at",
        content="encrypted_name name_index",
    ),
    _customers("sealing_seallabel", _("Which document has which label"), "id seal_id label_id"),
    _customers(
        "sealing_sealshare",
        _("Which member may see whose document, and who said so"),
        "id seal_id shared_at",
        personal="member_id member_name shared_by shared_by_name",
        about=_MEMBER,
    ),
    _customers("sealing_sealreceipt", _("Receipts of seals"), "seal_id issued_at", content="jws"),
    _customers("sealing_sealattempt", _("Attempts to seal"), "id seal_id fence started_at ended_at outcome"),
    _customers(
        "sealing_sealarchiving",
        _("Renewals of archive timestamps, and who ordered them"),
        "id seal_id ordered_at ended_at outcome timestamp_authority timestamp_serial timestamp_at archived_until "
        "size_before",
        content="sha256 sha256_before",
        personal="ordered_by",
        about=_MEMBER,
    ),
)
