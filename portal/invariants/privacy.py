"""What must always hold of legal documents, consent, registers and erasure."""

from __future__ import annotations

from privacy.catalogue import RULES

# The notices of every rule that has any, as rows.
_NOTICES = ", ".join(f"('{rule.key}', {days})" for rule in RULES for days in rule.notice_days)

PRIVACY: dict[str, str] = {
    "no customer that is erased has a key, a schema, a member or a token": (
        "SELECT count(*) FROM accounts_erasure e JOIN accounts_customer c ON c.id = e.customer_id"
        " WHERE e.done_at IS NOT NULL AND (EXISTS (SELECT FROM kernel_customerkey k WHERE k.customer_id = c.id)"
        " OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = c.schema_name)"
        " OR EXISTS (SELECT FROM accounts_membership m WHERE m.customer_id = c.id)"
        " OR EXISTS (SELECT FROM accounts_apitoken t WHERE t.customer_id = c.id))"
    ),
    "whose erasure is done is closed": (
        "SELECT count(*) FROM accounts_erasure e JOIN accounts_customer c ON c.id = e.customer_id"
        " WHERE e.done_at IS NOT NULL AND c.status <> 'closed'"
    ),
    "every announced sub-processor begins 30 days after each customer was told": (
        "SELECT count(*) FROM privacy_subprocessornotice n JOIN privacy_subprocessor s ON s.id = n.sub_processor_id"
        " WHERE s.starts_on < n.told_on + 30 OR s.starts_on < n.starts_on_told"
    ),
    "no customer is told of a disclosure before the law allows it, nor on one person's word": (
        "SELECT count(*) FROM privacy_disclosure WHERE state = 'told' AND (decided_by IS NULL"
        " OR decided_by = recorded_by OR silent_until > (told_at AT TIME ZONE 'UTC')::date + 1)"
    ),
    "every closed breach is judged, and its authority told unless the risk is unlikely": (
        "SELECT count(*) FROM privacy_databreach WHERE closed_at IS NOT NULL"
        " AND (risk = '' OR risk <> 'unlikely' AND authority_told_at IS NULL)"
    ),
    "every request about personal data has its last day within a month, and two months more at most": (
        "SELECT count(*) FROM privacy_rightsrequest WHERE due_on > (received_at AT TIME ZONE 'UTC')::date + 31"
        " OR extended_due_on > due_on + interval '2 months'"
    ),
    "every answered request was shown to be its maker's, and what is kept has a ground and a last day": (
        "SELECT count(*) FROM privacy_rightsrequest WHERE state = 'answered' AND (identity_at IS NULL"
        """ OR jsonb_path_exists(outcome, '$[*] ? (@.result == "kept" && (@.until == null || @.because == ""))'))"""
    ),
    "every restriction in force has its hold, and every person it is about its mark, and nobody else has one": (
        "SELECT count(*) FROM privacy_restriction s JOIN privacy_rightsrequest r ON r.id = s.request_id"
        " FULL JOIN accounts_person p ON p.id = s.person_id AND p.restricted_at IS NOT NULL"
        " WHERE s.lifted_at IS NULL AND (s.request_id IS NULL OR s.person_id IS NOT NULL AND p.id IS NULL"
        " OR NOT EXISTS (SELECT FROM privacy_hold h WHERE h.subject = r.id AND h.case = r.number"
        " AND h.released_at IS NULL)) AND (s.request_id IS NOT NULL OR p.restricted_at IS NOT NULL)"
    ),
    "no request is passed on to a customer before it is known whose it is": (
        "SELECT count(*) FROM privacy_forwardedrequest f JOIN privacy_rightsrequest r ON r.id = f.request_id"
        " WHERE r.identity_at IS NULL OR f.forwarded_at < r.identity_at"
    ),
    "no figure is published from which a month or year can be subtracted": (
        "SELECT count(*) FROM privacy_publishedfigure WHERE date_trunc(CASE kind WHEN 'seals' THEN 'month' ELSE 'year'"
        " END, begins_on) <> begins_on OR value % 100 <> 0 AND kind = 'seals'"
    ),
    "every copy of somebody's data goes eight days after it was made, and knows how often it was fetched": (
        "SELECT count(*) FROM privacy_rightsexport WHERE delete_on <> made_on + 8"
        " OR (downloads = 0) <> (downloaded_at IS NULL)"
    ),
    "a legal document's hash is of its text, and an acceptance's of the document": (
        "SELECT count(*) FROM accounts_legaldocument d LEFT JOIN accounts_acceptance a ON a.document_id = d.id"
        " WHERE d.sha256 <> encode(sha256(convert_to(d.text, 'UTF8')), 'hex') OR a.document_sha256 <> d.sha256"
    ),
    "every version of a legal document has an English text": (
        "SELECT count(*) FROM accounts_legaldocument d WHERE NOT EXISTS (SELECT FROM accounts_legaldocument e"
        " WHERE e.kind = d.kind AND e.version = d.version AND e.language = 'en')"
    ),
    "what is on record about a consent agrees with how it was given": (
        "SELECT count(*) FROM privacy_consentrecord WHERE choices = '{}'"
        " OR manner = 'accepted' AND jsonb_path_exists(choices, '$.* ? (@ == false)')"
        " OR manner IN ('rejected', 'withdrawn') AND jsonb_path_exists(choices, '$.* ? (@ == true)')"
    ),
    "nothing was erased of a subject before the ledger had it": (
        "SELECT count(*) FROM privacy_retentionitem i"
        " LEFT JOIN privacy_erasureledgerentry l ON l.id = i.ledger_entry_id"
        " WHERE (i.state = 'done' OR i.step <> '') AND (l.id IS NULL OR l.written_at > i.ended_at OR l.rule <> i.rule)"
    ),
    "nothing was erased before all notices, each as many days ahead as its rule promises": (
        f"SELECT count(*) FROM privacy_retentionitem i JOIN (VALUES {_NOTICES}) AS promised (rule, days)"
        " ON promised.rule = i.rule JOIN privacy_erasureledgerentry l ON l.id = i.ledger_entry_id"
        " LEFT JOIN privacy_retentionnotice n ON n.item_id = i.id AND n.days_before = promised.days"
        " WHERE n.id IS NULL OR (l.written_at AT TIME ZONE 'UTC')::date + 1 < n.given_on + promised.days"
        " OR (l.written_at AT TIME ZONE 'UTC')::date + 1 < n.due_on_told"
    ),
    "no subject has two open items of one rule": (
        "SELECT count(*) FROM (SELECT FROM privacy_retentionitem WHERE state IN ('planned', 'claimed')"
        " GROUP BY rule, subject HAVING count(*) > 1) twice"
    ),
    "nothing was erased while a hold covered it": (
        "SELECT count(*) FROM privacy_retentionitem i JOIN privacy_erasureledgerentry l ON l.id = i.ledger_entry_id"
        " JOIN privacy_hold h ON h.subject = i.subject OR h.covers = 'customer' AND h.subject = i.customer_id"
        " OR h.covers = 'person' AND h.subject = i.person_id"
        " WHERE h.placed_at < l.written_at AND (h.released_at IS NULL OR l.written_at < h.released_at)"
    ),
    "no consent is on record for longer than 12 months and the days that the task may be late": (
        "SELECT count(*) FROM privacy_consentrecord WHERE given_at < clock_timestamp() - interval '12 months 3 days'"
    ),
    "whoever is forgotten signs in by nothing": (
        "SELECT count(*) FROM accounts_person p WHERE p.forgotten_at IS NOT NULL AND (p.is_active"
        " OR EXISTS (SELECT FROM account_emailaddress e WHERE e.user_id = p.id)"
        " OR EXISTS (SELECT FROM mfa_authenticator m WHERE m.user_id = p.id)"
        " OR EXISTS (SELECT FROM usersessions_usersession s WHERE s.user_id = p.id))"
    ),
    "nobody who is forgotten belongs to a customer that works": (
        "SELECT count(*) FROM accounts_membership m JOIN accounts_person p ON p.id = m.person_id"
        " JOIN accounts_customer c ON c.id = m.customer_id"
        " WHERE p.forgotten_at IS NOT NULL AND m.status <> 'ended' AND c.status <> 'closed'"
    ),
}
