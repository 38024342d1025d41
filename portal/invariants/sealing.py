"""What must always hold of the seals of each customer."""

from __future__ import annotations

# Evaluated once for all customers, over the union of their schemas; {customer} and {schema} are filled in.
SEALING: dict[str, str] = {
    "every published live seal has exactly one usage event": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.status = 'sealed' AND s.live AND (SELECT count(*)"
        " FROM billing_usageevent u WHERE u.meter = 'seal' AND u.source_id = s.id AND u.customer_id = {customer}) <> 1"
    ),
    "every usage event of the meter seal has its published live seal": (
        "SELECT count(*) FROM billing_usageevent u WHERE u.meter = 'seal' AND u.source_type = 'seal'"
        " AND u.customer_id = {customer} AND u.quantity > 0 AND NOT EXISTS (SELECT FROM {schema}.sealing_seal s"
        " WHERE s.id = u.source_id AND s.status = 'sealed' AND s.live)"
    ),
    "every published seal has a recorded attempt": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.status = 'sealed' AND (SELECT count(*)"
        " FROM {schema}.sealing_sealattempt a WHERE a.seal_id = s.id AND a.outcome = 'published') <> 1"
    ),
    "every batch counts its items and those that are unfinished": (
        "SELECT count(*) FROM {schema}.sealing_batch b WHERE (b.size, b.unfinished) <> (SELECT count(*),"
        " count(*) FILTER (WHERE s.status IN ('queued', 'sealing', 'waiting_for_timestamp'))"
        " FROM {schema}.sealing_batchitem i LEFT JOIN {schema}.sealing_seal s ON s.id = i.seal_id"
        " WHERE i.batch_id = b.id)"
    ),
    "exactly the closed batches without unfinished items are finished": (
        "SELECT count(*) FROM {schema}.sealing_batch b"
        " WHERE (b.finished_at IS NOT NULL) <> (b.closed_at IS NOT NULL AND b.unfinished = 0)"
    ),
    "no batch is told of before it is finished, or twice": (
        "SELECT count(*) FROM {schema}.sealing_batch b WHERE (CASE WHEN b.finished_at IS NULL THEN 0 ELSE 1 END) <"
        " (SELECT count(*) FROM kernel_event e WHERE e.customer_id = {customer} AND e.name = 'batch.finished'"
        " AND e.subject = b.id)"
    ),
    "the files of deleted documents are gone, or a job is about to destroy them": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.deleted_at IS NOT NULL AND (s.object_name IS NOT NULL"
        " OR EXISTS (SELECT FROM {schema}.sealing_document d WHERE d.seal_id = s.id AND d.object_name IS NOT NULL))"
        " AND NOT EXISTS (SELECT FROM kernel_job j WHERE j.kind = 'sealing.destroy_objects'"
        " AND j.state IN ('queued', 'running') AND j.payload ->> 'subject' = s.id)"
    ),
    "of deleted documents nothing is kept that the customer wrote": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.deleted_at IS NOT NULL AND"
        " (s.encrypted_options <> '' OR s.reference_index <> '' OR s.sha256 <> ''"
        " OR EXISTS (SELECT FROM {schema}.sealing_document d WHERE d.seal_id = s.id"
        " AND (d.encrypted_name <> '' OR d.digest <> '' OR d.search_index <> '{{}}'))"
        " OR EXISTS (SELECT FROM {schema}.sealing_sealarchiving a WHERE a.seal_id = s.id"
        " AND (a.sha256 <> '' OR a.sha256_before <> ''))"
        " OR EXISTS (SELECT FROM {schema}.sealing_sealreceipt r WHERE r.seal_id = s.id)"
        " OR EXISTS (SELECT FROM {schema}.sealing_seallabel l WHERE l.seal_id = s.id)"
        " OR EXISTS (SELECT FROM {schema}.sealing_sealshare h WHERE h.seal_id = s.id))"
    ),
    "every archived seal knows until when its archive timestamp holds": (
        "SELECT count(*) FROM {schema}.sealing_seal WHERE status = 'sealed'"
        " AND deleted_at IS NULL AND (level = 'B-LTA') <> (archived_until IS NOT NULL)"
    ),
    "no archive timestamp has ended without a successor": (
        "SELECT count(*) FROM {schema}.sealing_seal WHERE status = 'sealed' AND live"
        " AND deleted_at IS NULL AND archived_until < clock_timestamp()"
    ),
    "every archiving under way has a job": (
        "SELECT count(*) FROM {schema}.sealing_sealarchiving a WHERE a.ended_at IS NULL"
        " AND NOT EXISTS (SELECT FROM kernel_job j WHERE j.kind = 'sealing.perform_archiving'"
        " AND j.state IN ('queued', 'running') AND j.payload ->> 'archiving' = a.id)"
    ),
    "every unfinished seal has a job": (
        "SELECT count(*) FROM {schema}.sealing_seal s WHERE s.status IN ('queued', 'sealing', 'waiting_for_timestamp')"
        " AND NOT EXISTS (SELECT FROM kernel_job j WHERE j.kind = 'sealing.perform_seal'"
        " AND j.state IN ('queued', 'running') AND j.payload ->> 'subject' = s.id)"
    ),
}
