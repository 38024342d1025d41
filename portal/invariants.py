"""What must always hold, each as one SQL statement that counts the exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from django.db import connection

_PUBLIC: dict[str, str] = {
    "every running job has a lease": "SELECT count(*) FROM kernel_job WHERE state = 'running' AND lease_until IS NULL",
    "no job is older than its deadline without an end": (
        "SELECT count(*) FROM kernel_job WHERE state IN ('queued', 'running')"
        " AND deadline_at < clock_timestamp() - interval '15 minutes'"
    ),
    "audit chains have numbers without gaps, and every link follows from the one before": (
        "SELECT count(*) FROM (SELECT l.chain, l.seq, l.hash, e.content_hash, lag(l.seq) OVER w AS previous_seq,"
        " lag(l.hash) OVER w AS previous_hash FROM kernel_auditlink l LEFT JOIN kernel_auditentry e"
        " ON e.id = l.entry_id AND e.retention = l.retention AND e.at = l.at"
        " WINDOW w AS (PARTITION BY l.chain ORDER BY l.seq)) l"
        " LEFT JOIN kernel_auditcut c ON c.chain = l.chain AND c.last_seq = l.seq - 1"
        " WHERE l.content_hash IS NULL"
        " OR coalesce(l.previous_seq, c.last_seq, 0) <> l.seq - 1 AND c.last_seq IS NULL"
        " OR l.hash <> sha256(coalesce(c.hash, l.previous_hash, decode(repeat('00', 32), 'hex')) || int8send(l.seq)"
        " || l.content_hash)"
    ),
    "every audit chain ends where it says": (
        "SELECT count(*) FROM kernel_auditchain h FULL JOIN (SELECT DISTINCT ON (chain) chain, seq, hash FROM (SELECT"
        " chain, seq, hash FROM kernel_auditlink UNION ALL SELECT chain, last_seq, hash FROM kernel_auditcut) l"
        " ORDER BY chain, seq DESC) l ON l.chain = h.chain WHERE (h.seq, h.hash) IS DISTINCT FROM (l.seq, l.hash)"
    ),
    "what is on record about a consent agrees with how it was given": (
        "SELECT count(*) FROM privacy_consentrecord WHERE choices = '{}'"
        " OR manner = 'accepted' AND jsonb_path_exists(choices, '$.* ? (@ == false)')"
        " OR manner IN ('rejected', 'withdrawn') AND jsonb_path_exists(choices, '$.* ? (@ == true)')"
    ),
    "no consent is on record for longer than 12 months and the days that the task may be late": (
        "SELECT count(*) FROM privacy_consentrecord WHERE given_at < clock_timestamp() - interval '12 months 3 days'"
    ),
    "every active customer has an active owner": (
        "SELECT count(*) FROM accounts_customer c WHERE c.status = 'active' AND NOT EXISTS (SELECT FROM"
        " accounts_membership m WHERE m.customer_id = c.id AND m.role = 'owner' AND m.status = 'active')"
    ),
    "exactly the customers whose contract is over have an erasure": (
        "SELECT count(*) FROM accounts_customer c WHERE c.status <> 'closed' AND (c.status = 'ended')"
        " <> EXISTS (SELECT FROM accounts_erasure e WHERE e.customer_id = c.id)"
    ),
    "exactly the customers whose contract has a last day are ending, or suspended": (
        "SELECT count(*) FROM accounts_customer c WHERE c.status <> 'suspended' AND (c.status = 'ending')"
        " <> EXISTS (SELECT FROM accounts_ending e WHERE e.customer_id = c.id AND e.state = 'asked' AND e.confirmed)"
    ),
    "no contract outlives its last day": (
        "SELECT count(*) FROM accounts_ending WHERE state = 'asked' AND confirmed"
        " AND ends_at < clock_timestamp() - interval '1 hour'"
    ),
    "every identity is of a member of its provider's own customer": (
        "SELECT count(*) FROM accounts_identity i JOIN accounts_identityprovider p ON p.id = i.provider_id"
        " JOIN accounts_membership m ON m.id = i.membership_id WHERE m.customer_id <> p.customer_id"
    ),
    "every customer's sign-in rules name its own enabled provider, or none": (
        "SELECT count(*) FROM accounts_customer c LEFT JOIN accounts_identityprovider p ON p.customer_id = c.id"
        " WHERE coalesce(c.sign_in_rules->>'provider', '') <> CASE WHEN p.enabled THEN p.id ELSE '' END"
    ),
    "every customer has its schema": (
        "SELECT count(*) FROM accounts_customer c WHERE c.status <> 'closed'"
        " AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = c.schema_name)"
    ),
    "every usage event lies in one period of its customer that contains it, or is late there": (
        "SELECT count(*) FROM billing_usageevent e LEFT JOIN billing_billingperiod p ON p.id = e.billing_period_id"
        " AND p.customer_id = e.customer_id"
        " WHERE p.id IS NULL OR e.occurred_at >= p.ends_at OR e.late <> (e.occurred_at < p.starts_at)"
    ),
    "periods of a subscription neither overlap nor leave gaps": (
        "SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY subscription_id ORDER BY starts_at)"
        " AS previous_end FROM billing_billingperiod) p WHERE previous_end <> starts_at"
    ),
    "no customer has two billing periods at one time": (
        "SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY customer_id ORDER BY starts_at)"
        " AS previous_end FROM billing_billingperiod) p WHERE previous_end > starts_at"
    ),
    "periods are closed in order": (
        "SELECT count(*) FROM billing_billingperiod p WHERE p.state = 'open' AND EXISTS (SELECT FROM"
        " billing_billingperiod l WHERE l.subscription_id = p.subscription_id AND l.starts_at > p.starts_at"
        " AND l.state = 'closed')"
    ),
    "every closed period's reading equals its events": (
        "SELECT count(*) FROM (SELECT p.id, p.state, e.meter, e.total FROM billing_billingperiod p LEFT JOIN"
        " (SELECT billing_period_id, meter, sum(quantity) AS total FROM billing_usageevent GROUP BY 1, 2) e"
        " ON e.billing_period_id = p.id) c"
        " FULL JOIN billing_meterreading r ON r.billing_period_id = c.id AND r.meter = c.meter"
        " WHERE (c.state = 'closed' AND c.meter IS NOT NULL AND r.quantity IS DISTINCT FROM c.total)"
        " OR (r.id IS NOT NULL AND c.id IS NULL AND r.quantity <> 0) OR (r.id IS NOT NULL AND c.state = 'open')"
    ),
    "exactly the closed periods have a reading of the meter seal": (
        "SELECT count(*) FROM billing_billingperiod p WHERE (p.state = 'closed') <> EXISTS (SELECT FROM"
        " billing_meterreading r WHERE r.billing_period_id = p.id AND r.meter = 'seal')"
    ),
    "a customer has one subscription at a time": (
        "SELECT count(*) FROM billing_subscription a JOIN billing_subscription b ON a.customer_id = b.customer_id"
        " AND a.id < b.id AND a.started_at < coalesce(b.ended_at, 'infinity')"
        " AND b.started_at < coalesce(a.ended_at, 'infinity')"
    ),
    "every certificate order that stands has exactly one charge of its amount, a cancelled one none": (
        "SELECT count(*) FROM trust_certificateorder o WHERE (o.state <> 'cancelled')::int <> (SELECT count(*)"
        " FROM billing_charge c WHERE c.source_type = 'certificate_order' AND c.source_id = o.id"
        " AND c.customer_id = o.customer_id AND c.amount = o.amount AND c.reverses_id IS NULL"
        " AND NOT EXISTS (SELECT FROM billing_charge r WHERE r.reverses_id = c.id))"
    ),
    "every charge for a certificate has its order": (
        "SELECT count(*) FROM billing_charge c WHERE c.source_type = 'certificate_order' AND NOT EXISTS (SELECT FROM"
        " trust_certificateorder o WHERE o.id = c.source_id AND o.customer_id = c.customer_id)"
    ),
    "every confirmed key was made by one person and confirmed by another": (
        "SELECT count(*) FROM trust_certificateorder o WHERE o.state IN ('confirmed', 'imported', 'completed')"
        " AND (SELECT count(DISTINCT s.person_id) FROM trust_ceremonystep s WHERE s.order_id = o.id"
        " AND s.kind IN ('key_made', 'confirmed')) <> 2"
    ),
    "the state of every certificate order is its last step": (
        "SELECT count(*) FROM trust_certificateorder o WHERE o.state IS DISTINCT FROM (SELECT s.kind FROM"
        " trust_ceremonystep s WHERE s.order_id = o.id ORDER BY s.id DESC LIMIT 1)"
    ),
    "every completed certificate order has a certificate that was put to use": (
        "SELECT count(*) FROM trust_certificateorder o LEFT JOIN trust_sealcertificate c ON c.id = o.certificate_id"
        " WHERE o.state = 'completed' AND c.activated_at IS NULL"
    ),
    "every notice's mail that waits has a job": (
        "SELECT count(*) FROM accounts_noticedelivery d WHERE d.state = 'queued' AND NOT EXISTS (SELECT FROM"
        " kernel_job j WHERE j.key = 'accounts.mail_notice:' || d.id AND j.state IN ('queued', 'running', 'dead'))"
    ),
    "every page that staff read lay within its access grant, and is in the audit trail": (
        "SELECT count(*) FROM accounts_accessread r JOIN accounts_accessgrant g ON g.id = r.grant_id"
        " WHERE NOT coalesce(g.starts_at <= r.at AND r.at < g.ends_at, false) OR NOT EXISTS (SELECT FROM"
        " kernel_auditentry a WHERE a.action = 'document.read_by_staff' AND a.at = r.at AND a.subject = r.seal_id)"
    ),
}

# Evaluated once for all customers, over the union of their schemas; {customer} and {schema} are filled in.
_PER_CUSTOMER: dict[str, str] = {
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


def broken_invariants() -> dict[str, int]:
    """Name and number of exceptions of every invariant that does not hold."""
    found = Counter(_counts(_PUBLIC))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, schema_name FROM public.accounts_customer WHERE status <> 'closed'")
        customers = cursor.fetchall()
    for customer, schema in customers:
        names = {"schema": connection.ops.quote_name(schema), "customer": f"'{customer}'"}
        found.update(_counts({name: statement.format(**names) for name, statement in _PER_CUSTOMER.items()}))
    return {name: count for name, count in found.items() if count}


def _counts(statements: Mapping[str, str]) -> dict[str, int]:
    """What each statement counts, asked in one question."""
    names = list(statements)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT {place}, ({statements[name]})" for place, name in enumerate(names)))
        return {names[place]: int(count) for place, count in cursor.fetchall()}
