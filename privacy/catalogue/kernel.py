"""What `kernel` keeps: the audit trail, events, jobs, customers' keys."""

from __future__ import annotations

from privacy.catalogue.words import _
from privacy.rules.inventory import Subject, Table
from privacy.rules.retention import Method

_EVERYBODY = (Subject.MEMBER, Subject.STAFF, Subject.VISITOR)

TABLES: tuple[Table, ...] = (
    Table(
        name="kernel_auditentry",
        words=_(
            "Who did what and when; the particulars are encrypted for the customer. Records of hosted services, "
            "and of what staff and the program do for no customer, are kept longer"
        ),
        purpose="accountability",
        retention="activity",
        longer=("hosted_audit",),
        erasure=Method.DROP_PARTITION,
        about=_EVERYBODY,
        personal="actor_id payload",
        technical="id retention at customer_id actor_kind action subject request_id content_hash",
    ),
    Table(
        name="kernel_auditlink",
        words="The chain that shows that no entry was changed",
        purpose="operation",
        technical="entry_id chain seq retention at hash",
    ),
    Table(name="kernel_auditchain", words="The ends of the chains", purpose="operation", technical="chain seq hash"),
    Table(
        name="kernel_auditcut",
        words="What a chain keeps of entries whose time was over",
        purpose="operation",
        technical="id chain first_seq last_seq hash retention cut_at",
    ),
    Table(
        name="kernel_auditcheckpoint",
        words="Signatures over the chains",
        purpose="operation",
        technical="number at jws timestamp",
    ),
    Table(
        name="kernel_auditcheckpointhead",
        words="The ends that were signed",
        purpose="operation",
        technical="id checkpoint_id chain seq hash path",
    ),
    Table(
        name="kernel_auditclass",
        words="How long each class of entries is kept, for the database",
        purpose="operation",
        technical="name period",
    ),
    Table(
        name="kernel_erasable",
        words="What may be erased of tables that never change, and after how long, for the database",
        purpose="operation",
        technical="table_name key moment only_if period whole_years parts",
    ),
    Table(
        name="kernel_event",
        words=_("What happened, as customers' programs are told it"),
        purpose="account",
        retention="activity",
        erasure=Method.DELETE_ROWS,
        about=(Subject.MEMBER,),
        personal="payload",
        technical="id name at customer_id subject written_by",
    ),
    Table(
        name="kernel_job",
        words=_("Work to do: ids, and addresses that mail has to go to"),
        purpose="security",
        retention="activity",
        erasure=Method.DELETE_ROWS,
        about=(Subject.MEMBER,),
        personal="payload last_error",
        technical="id kind key customer_id state run_at turn deadline_at created_at finished_at lease_until fence "
        "attempts crashes",
    ),
    Table(
        name="kernel_customerkey",
        words=_("Customers' keys, wrapped by a key in the HSM; without that one nothing encrypted can be read"),
        purpose="sealing",
        retention="content",
        erasure=Method.DESTROY_KEY,
        content="wrapped_key audit_public audit_private",
        technical="customer_id label created_at audit_retention",
    ),
    Table(
        name="kernel_idempotentrequest",
        words=_("Names that customers' programs gave to their requests"),
        purpose="security",
        retention="activity",
        erasure=Method.DELETE_ROWS,
        content="key fingerprint",
        technical="id customer_id operation reference created_at",
    ),
    Table(
        name="kernel_schemablueprint",
        words="How a customer's schema is made",
        purpose="operation",
        technical="version migrations",
    ),
)
