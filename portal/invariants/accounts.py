"""What must always hold of customers, members, jobs and the audit trail."""

from __future__ import annotations

ACCOUNTS: dict[str, str] = {
    "every running job has a lease": (
        "SELECT count(*) FROM kernel_job WHERE state = 'running' AND lease_until IS NULL"
    ),
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
    "every notice's mail that waits has a job": (
        "SELECT count(*) FROM accounts_noticedelivery d WHERE d.state = 'queued' AND NOT EXISTS (SELECT FROM"
        " kernel_job j WHERE j.key = 'accounts.mail_notice:' || d.id AND j.state IN ('queued', 'running', 'dead'))"
        " AND EXISTS (SELECT FROM accounts_notice n WHERE n.id = d.notice_id"
        " AND n.at > kernel_erasing_clock() - interval '90 days')"
    ),
    "every page that staff read lay within its access grant, and is in the audit trail": (
        "SELECT count(*) FROM accounts_accessread r JOIN accounts_accessgrant g ON g.id = r.grant_id"
        " WHERE NOT coalesce(g.starts_at <= r.at AND r.at < g.ends_at, false) OR r.at >"
        " kernel_erasing_clock() - interval '90 days' AND NOT EXISTS (SELECT FROM kernel_auditentry a"
        " WHERE a.at = r.at AND a.subject = r.seal_id"
        " AND a.action = CASE r.page WHEN 'trail' THEN 'access.trail_read' ELSE 'document.read_by_staff' END)"
    ),
}
