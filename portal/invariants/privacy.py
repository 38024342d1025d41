"""What must always hold of legal documents, consent, registers and erasure."""

from __future__ import annotations

PRIVACY: dict[str, str] = {
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
    "no consent is on record for longer than 12 months and the days that the task may be late": (
        "SELECT count(*) FROM privacy_consentrecord WHERE given_at < clock_timestamp() - interval '12 months 3 days'"
    ),
}
