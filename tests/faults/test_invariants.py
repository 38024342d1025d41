"""The check of the invariants finds what is planted: a check that cannot fail proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from kernel import runner
from portal.invariants import broken_invariants
from tests.faults.conftest import Orders
from tests.invariants import broken_by_this_transaction

AN_ORDER = (
    "INSERT INTO trust_certificateorder (id, customer_id, years, key_algorithm, legal_name, country,"
    " registration_number, seal_name, amount, state, ordered_at) SELECT 'ord_planted', '{customer}', 2, 'rsa-3072',"
    " 'Acme', 'LT', '123', 'Acme', 355, 'ordered', now();"
)
A_CHARGE = (
    "INSERT INTO billing_charge (id, customer_id, item, description, amount, currency, source_type, source_id,"
    " occurred_at) SELECT 'chg_planted', '{customer}', 'certificate_2_years', '', {amount}, 'EUR',"
    " 'certificate_order', 'ord_planted', now();"
)
BY_SOMEBODY = (
    "INSERT INTO trust_ceremonystep (order_id, kind, person_id, person_name, at, facts)"
    " SELECT 'ord_planted', kind, '7', 'Sam', now(), '{{}}'::jsonb"
    " FROM unnest(ARRAY['ordered', 'key_made', 'confirmed']) kind;"
)
A_LOOK = (
    "INSERT INTO accounts_accessgrant (id, customer_id, basis, state, purpose, all_documents, seal_ids, with_content,"
    " hours, ticket, authority, order_reference, offered_by, offered_by_name, requested_by_name, decided_by_name,"
    " ended_by_name, uses) SELECT 'grant_planted', '{customer}', 'authority_order', 'requested', 'Look', true,"
    " '{{}}', false, 1, '', 'Court', '2-118', '', '', 'Sam', '', '', 1;"
    "INSERT INTO accounts_accessread (grant_id, at, page, seal_id) VALUES ('grant_planted', now(), 'list', '');"
)
A_PAYMENT = (
    "INSERT INTO billing_payment (id, customer_id, kind, method, amount, currency, value_on, recorded_at, payer_name,"
    " payer_account, reference, remittance, dedupe_key) SELECT 'pay_planted', {payer}, 'receipt', 'bank', 5, 'EUR',"
    " current_date, now(), '', '', '', '', 'planted';"
)
AN_ENTRY = (
    "INSERT INTO billing_journalentry (kind, document_type, document_id, booked_on, recorded_at)"
    " VALUES ('received', 'payment', 'pay_planted', current_date, now());"
)
AN_INVOICE = (
    "INSERT INTO billing_invoice (id, customer_id, kind, state, run_key, drafted_at, held_for, released_by, series,"
    " reference, language, currency, seller, buyer, vat_category, vat_reason, reason) VALUES ('inv_planted',"
    " '{customer}', 'invoice', 'draft', 'planted', now(), '', '', '', '', 'en', 'EUR', '{{}}', '{{}}', '', '', '');"
)
A_CONSENT = (
    "INSERT INTO privacy_consentrecord (id, browser, manner, choices, registry_version, text_hash, language,"
    " despite_signal, given_at) SELECT 'cns_planted', 'brw_planted', '{manner}', '{{{{\"ga4\": true}}}}', '', '', 'en',"
    " false, {given_at};"
)
AN_ITEM = (
    "INSERT INTO privacy_erasureledgerentry (id, rule, step, subject_kind, subject_hash, counts, written_at)"
    " VALUES ('led_planted', '{rule}', 'begun', 'customer', '', '{{{{}}}}', now());"
    "INSERT INTO privacy_retentionitem (id, rule, subject, customer_id, person_id, cycle, due_on, state, step, counts,"
    " found_at, ended_at, ledger_entry_id) VALUES ('ret_planted', '{rule}', '{{customer}}', '{{customer}}', '', '1',"
    " current_date, 'done', '', '{{{{}}}}', now(), now(), {entry});"
)
A_NOTICE = (
    "INSERT INTO privacy_retentionnotice (item_id, days_before, given_on, due_on_told)"
    " VALUES ('ret_planted', 30, current_date - 40, current_date),"
    " ('ret_planted', 7, current_date - {days}, current_date);"
)
A_HOLD = (
    'INSERT INTO privacy_hold (id, covers, subject, "case", reason, placed_at, placed_by, released_by,'
    " release_reason) SELECT 'hld_planted', 'customer', '{customer}', 'K', '', now() - interval '1 day', 'Tess',"
    " '', '';"
)
A_REQUEST = (
    "INSERT INTO privacy_rightsrequest (id, number, kind, state, email, name, country, message, about_documents,"
    " language,"
    " secret_hash, link_hash, link_number, identity_by, received_at, due_on, extension_reasons, scope, outcome, answer,"
    " refusal_ground, answer_sha256, reminded, closed_at, identity_at) SELECT 'rgt_planted', 'R-1', 'erasure',"
    " '{state}', 'o@example.org', '', '', '', false, 'en', 'x', '', 0, '', now(), now()::date + {days}, '', '',"
    " '{outcome}', '', '', '', '[]', {closed_at}, {identity_at};"
)
UNTOLD = '[{{"rule": "bookkeeping", "result": "kept", "until": null, "because": "claims"}}]'
PLANTS = {
    "something erased that the ledger does not have": (
        AN_ITEM.format(rule="content", entry="NULL"),
        "nothing was erased of a subject before the ledger had it",
    ),
    "something erased without a notice": (
        AN_ITEM.format(rule="unfinished_account", entry="'led_planted'"),
        "nothing was erased before all notices, each as many days ahead as its rule promises",
    ),
    "something erased too soon after its last notice": (
        AN_ITEM.format(rule="unfinished_account", entry="'led_planted'") + A_NOTICE.format(days=5),
        "nothing was erased before all notices, each as many days ahead as its rule promises",
    ),
    "something erased that was held": (
        AN_ITEM.format(rule="content", entry="'led_planted'") + A_HOLD,
        "nothing was erased while a hold covered it",
    ),
    "a request with more than a month": (
        A_REQUEST.format(state="received", days=33, outcome="[]", closed_at="NULL", identity_at="NULL"),
        "every request about personal data has its last day within a month, and two months more at most",
    ),
    "an answer to nobody": (
        A_REQUEST.format(state="answered", days=30, outcome="[]", closed_at="now()", identity_at="NULL"),
        "every answered request was shown to be its maker's, and what is kept has a ground and a last day",
    ),
    "an answer that keeps for ever": (
        A_REQUEST.format(state="answered", days=30, outcome=UNTOLD, closed_at="now()", identity_at="now()"),
        "every answered request was shown to be its maker's, and what is kept has a ground and a last day",
    ),
    "a restriction without a hold": (
        A_REQUEST.format(state="answered", days=30, outcome="[]", closed_at="now()", identity_at="now()")
        + "INSERT INTO privacy_restriction (request_id, placed_at, end_reasons) VALUES ('rgt_planted', now(), '');",
        "every restriction in force has its hold, and every person it is about its mark, and nobody else has one",
    ),
    "a person restricted by nothing": (
        "UPDATE accounts_person SET restricted_at = now() WHERE id = (SELECT min(id) FROM accounts_person);",
        "every restriction in force has its hold, and every person it is about its mark, and nobody else has one",
    ),
    "a request passed on for nobody": (
        A_REQUEST.format(state="received", days=30, outcome="[]", closed_at="NULL", identity_at="NULL")
        + "INSERT INTO privacy_forwardedrequest (id, request_id, customer_id, state, forwarded_at, due_on, note,"
        " closed_by) SELECT 'fwd_planted', 'rgt_planted', '{customer}', 'open', now(), now()::date, '', '';",
        "no request is passed on to a customer before it is known whose it is",
    ),
    "a refusal that agrees": (
        A_CONSENT.format(manner="rejected", given_at="now()"),
        "what is on record about a consent agrees with how it was given",
    ),
    "a consent that nobody forgot": (
        A_CONSENT.format(manner="accepted", given_at="now() - interval '13 months'"),
        "no consent is on record for longer than 12 months and the days that the task may be late",
    ),
    "a payment that is not in the books": (
        A_PAYMENT.replace("{payer}", "NULL"),
        "every payment and every allocation is in the books once",
    ),
    "money at the bank that the books do not know": (
        A_PAYMENT.replace("{payer}", "NULL"),
        "the bank and the card company have in the books what was received less what went back",
    ),
    "a payment in the queue that the books do not know": (
        A_PAYMENT.replace("{payer}", "NULL"),
        "what waits to be assigned is in the books as such",
    ),
    "credit that the books do not know": (
        A_PAYMENT.replace("{payer}", "'{customer}'"),
        "every customer's credit in the books is what its payments and credit notes leave",
    ),
    "an entry without postings": (AN_ENTRY, "every entry in the books sums to zero"),
    "an allocation beyond its payment": (
        A_PAYMENT.replace("{payer}", "'{customer}'") + "SET session_replication_role = replica;"
        " INSERT INTO billing_allocation (customer_id, invoice_id, payment_id, amount, value_on, made_at, made_by)"
        " VALUES ('{customer}', 'inv_planted', 'pay_planted', 5.01, current_date, now(), '');"
        " SET session_replication_role = DEFAULT",
        "no invoice is settled beyond what it demands, and no payment or credit note used beyond what it is",
    ),
    "a page that was read before anybody approved it": (
        A_LOOK,
        "every page that staff read lay within its access grant, and is in the audit trail",
    ),
    "sign-in rules that name a provider which is not there": (
        "UPDATE accounts_customer SET sign_in_rules = jsonb_build_object('provider', 'x') WHERE id = '{customer}';",
        "every customer's sign-in rules name its own enabled provider, or none",
    ),
    "an audit entry that was changed": (
        (
            "SET session_replication_role = replica; UPDATE kernel_auditentry SET content_hash = sha256(content_hash)"
            " WHERE customer_id = '{customer}'; SET session_replication_role = DEFAULT"
        ),
        "audit chains have numbers without gaps, and every link follows from the one before",
    ),
    "an audit link that was removed": (
        (
            "SET session_replication_role = replica; DELETE FROM kernel_auditlink WHERE chain = '{customer}' AND"
            " seq = 2; SET session_replication_role = DEFAULT"
        ),
        "audit chains have numbers without gaps, and every link follows from the one before",
    ),
    "an audit chain that was cut short": (
        (
            "SET session_replication_role = replica; DELETE FROM kernel_auditlink WHERE chain = '{customer}' AND seq ="
            " (SELECT max(seq) FROM kernel_auditlink WHERE chain = '{customer}');"
            " SET session_replication_role = DEFAULT"
        ),
        "every audit chain ends where it says",
    ),
    "an order without its charge": (
        AN_ORDER,
        "every certificate order that stands has exactly one charge of its amount, a cancelled one none",
    ),
    "an order with the charge of another amount": (
        AN_ORDER + A_CHARGE.replace("{amount}", "205"),
        "every certificate order that stands has exactly one charge of its amount, a cancelled one none",
    ),
    "a cancelled order that is charged": (
        AN_ORDER.replace("'ordered'", "'cancelled'") + A_CHARGE.replace("{amount}", "355"),
        "every certificate order that stands has exactly one charge of its amount, a cancelled one none",
    ),
    "a charge without its order": (
        A_CHARGE.replace("{amount}", "355"),
        "every charge for a certificate has its order",
    ),
    "an order whose state is not its last step": (
        AN_ORDER + BY_SOMEBODY.replace(", 'key_made', 'confirmed'", ", 'cancelled'"),
        "the state of every certificate order is its last step",
    ),
    "a key that one person made and confirmed": (
        "ALTER TABLE trust_certificateorder DROP CONSTRAINT trust_order_has_its_key;"
        " DROP INDEX trust_ceremony_by_two_people;" + AN_ORDER.replace("'ordered'", "'confirmed'") + BY_SOMEBODY,
        "every confirmed key was made by one person and confirmed by another",
    ),
    "a completed order without a certificate": (
        "ALTER TABLE trust_certificateorder DROP CONSTRAINT trust_order_has_its_key;"
        + AN_ORDER.replace("'ordered'", "'completed'"),
        "every completed certificate order has a certificate that was put to use",
    ),
    "a published seal without its usage event": (
        "DELETE FROM billing_usageevent WHERE source_id = '{seal}'",
        "every published live seal has exactly one usage event",
    ),
    "a usage event for a seal that does not exist": (
        (
            "INSERT INTO billing_usageevent (customer_id, billing_period_id, meter, source_type, source_id, quantity,"
            " occurred_at, recorded_at, late, member_id, token_id) SELECT customer_id, billing_period_id, meter,"
            " source_type, 'seal_unknown', 1, occurred_at, recorded_at, late, '', '' FROM billing_usageevent"
        ),
        "every usage event of the meter seal has its published live seal",
    ),
    "a delivery charged twice": (
        (
            "ALTER TABLE billing_usageevent DROP CONSTRAINT usage_event_once;"
            " INSERT INTO billing_usageevent (customer_id, billing_period_id, meter, source_type, source_id, quantity,"
            " occurred_at, recorded_at, late, member_id, token_id) SELECT customer_id, billing_period_id,"
            " meter, source_type, source_id, 1, occurred_at, recorded_at, late, '', '' FROM billing_usageevent"
        ),
        "every published live seal has exactly one usage event",
    ),
    "a usage event outside its period": (
        "UPDATE billing_usageevent SET occurred_at = occurred_at + interval '2 years'",
        "every usage event lies in one period of its customer that contains it, or is late there",
    ),
    "a correction of nothing": (
        "UPDATE billing_usageevent SET source_type = 'correction', quantity = -1",
        "every correction of usage reverses one event of its customer and meter",
    ),
    "an overage that nobody used": (
        (
            "INSERT INTO billing_invoice (id, customer_id, kind, state, run_key, drafted_at, held_for, released_by,"
            " series, reference, language, currency, seller, buyer, vat_category, vat_reason, reason) VALUES"
            " ('inv_planted', '{customer}', 'invoice', 'draft', 'x', now(), '', '', '', '', 'en', 'EUR', '{{}}',"
            " '{{}}', '', '', ''); INSERT INTO billing_invoiceline (invoice_id, position, kind, meter,"
            " billing_period_id, facts, quantity, unit_price, net) SELECT 'inv_planted', 1, 'overage', 'seal', id,"
            " '{{}}', 3, 0.25, 0.75 FROM billing_billingperiod WHERE customer_id = '{customer}' LIMIT 1"
        ),
        "what exceeds a plan is invoiced as its reading and terms say",
    ),
    "a threshold told twice": (
        (
            "INSERT INTO billing_thresholdreached (billing_period_id, kind, threshold, used, reached_at) SELECT id,"
            " 'share', 80, 400, now() FROM billing_billingperiod WHERE customer_id = '{customer}' LIMIT 1;"
            " INSERT INTO kernel_event (name, at, customer_id, subject, payload) SELECT 'usage.threshold_reached',"
            ' now(), \'{customer}\', billing_period_id, \'{{"kind": "share", "threshold": "80"}}\''
            " FROM billing_thresholdreached CROSS JOIN generate_series(1, 2)"
        ),
        "each threshold that a month reached is told once",
    ),
    "a published seal without an attempt": (
        "DELETE FROM {schema}.sealing_sealattempt",
        "every published seal has a recorded attempt",
    ),
    "a notice's mail without a job": (
        (
            "INSERT INTO accounts_notice (id, number, kind, customer_id, subject, facts, at)"
            " VALUES ('ntc_planted', 'N-2026-9', 'member.joined', '{customer}', '', '{{}}', now());"
            " INSERT INTO accounts_noticedelivery (id, notice_id, person_id, email, language, state, attempts, failure,"
            " text_sha256, own_server) SELECT 'ndl_planted', 'ntc_planted', id, email, 'en', 'queued', 0, '', '', false"
            " FROM accounts_person LIMIT 1"
        ),
        "every notice's mail that waits has a job",
    ),
    "an invoice that is due too soon": (
        AN_INVOICE + "UPDATE billing_invoice SET received_at = now(), due_on = now()::date + 14",
        "every invoice is due thirty days after it was received",
    ),
    "an invoice's mail that nobody sends": (
        AN_INVOICE + "INSERT INTO billing_invoicemail (id, invoice_id, email, state, attempts, failure, queued_at)"
        " VALUES ('mai_planted', 'inv_planted', 'a@acme.example', 'queued', 0, '', now())",
        "every invoice's mail that waits has a job",
    ),
    "an electronic invoice without its PDF": (
        AN_INVOICE + "INSERT INTO billing_invoicefile (invoice_id, format, content, sha256, made_at)"
        " VALUES ('inv_planted', 'ubl', '', '', now())",
        "no document has an electronic invoice without its sealed PDF",
    ),
    "an unfinished seal without a job": (
        "UPDATE {schema}.sealing_seal SET status = 'queued'",
        "every unfinished seal has a job",
    ),
    "a deleted document whose file nobody destroys": (
        (
            "UPDATE {schema}.sealing_seal SET deleted_at = now(), encrypted_options = '', sha256 = '';"
            " UPDATE {schema}.sealing_document SET encrypted_name = '', digest = '', search_index = '{{}}'"
        ),
        "the files of deleted documents are gone, or a job is about to destroy them",
    ),
    "a deleted document whose name is still there": (
        (
            "UPDATE {schema}.sealing_seal SET deleted_at = now(), encrypted_options = '', sha256 = '',"
            " object_name = NULL;"
            " UPDATE {schema}.sealing_document SET digest = '', search_index = '{{}}', object_name = NULL"
        ),
        "of deleted documents nothing is kept that the customer wrote",
    ),
    "a deleted document whose receipt is still there": (
        (
            "UPDATE {schema}.sealing_seal SET deleted_at = now(), encrypted_options = '', sha256 = '',"
            " reference_index = '', object_name = NULL;"
            " UPDATE {schema}.sealing_document SET object_name = NULL, encrypted_name = '', digest = '',"
            " search_index = '{{}}';"
            " INSERT INTO {schema}.sealing_sealreceipt (seal_id, jws, issued_at)"
            " SELECT id, 'a.b.c', now() FROM {schema}.sealing_seal"
        ),
        "of deleted documents nothing is kept that the customer wrote",
    ),
    "a renewed seal without an end of its archive timestamp": (
        "UPDATE {schema}.sealing_seal SET level = 'B-LTA'",
        "every archived seal knows until when its archive timestamp holds",
    ),
    "an archive timestamp that was not renewed": (
        "UPDATE {schema}.sealing_seal SET level = 'B-LTA', archived_until = now() - interval '1 second'",
        "no archive timestamp has ended without a successor",
    ),
    "an archiving without a job": (
        (
            "INSERT INTO {schema}.sealing_sealarchiving (id, seal_id, ordered_by, ordered_at, outcome,"
            " timestamp_authority, timestamp_serial, sha256) VALUES ('arch_x', '{seal}', '', now(), '', '', '', '')"
        ),
        "every archiving under way has a job",
    ),
    "a customer that was erased and still has its key, its schema and members": (
        (
            "WITH ended AS (INSERT INTO accounts_ending (id, customer_id, by, ground, asked_by, asked_at, noticed_on,"
            " ends_at, erase_by, confirmed, evidence_name, evidence_sha256, state, ended_at) VALUES ('end_planted',"
            " '{customer}', 'customer', 'wish', 'Alice', now(), current_date, now(), now(), true, '', '', 'done',"
            " now())) INSERT INTO accounts_erasure (id, customer_id, ending_id, scheduled_at, due_at, done_at)"
            " VALUES ('era_planted', '{customer}', 'end_planted', now(), now(), now())"
        ),
        "no customer that is erased has a key, a schema, a member or a token",
    ),
    "a customer whose erasure is done and that is open": (
        (
            "INSERT INTO accounts_erasure (id, customer_id, ending_id, scheduled_at, due_at, done_at)"
            " VALUES ('era_planted', '{customer}', 'end_planted', now(), now(), now())"
        ),
        "whose erasure is done is closed",
    ),
    "a customer that has ended without an erasure to come": (
        "UPDATE accounts_customer SET status = 'ended' WHERE id = '{customer}'",
        "exactly the customers whose contract is over have an erasure",
    ),
    "a customer that is ending without a last day": (
        "UPDATE accounts_customer SET status = 'ending' WHERE id = '{customer}'",
        "exactly the customers whose contract has a last day are ending, or suspended",
    ),
    "a contract that outlived its last day": (
        (
            "INSERT INTO accounts_ending (id, customer_id, by, ground, asked_by, asked_at, noticed_on, ends_at,"
            " erase_by, confirmed, evidence_name, evidence_sha256, state) SELECT 'end_planted', '{customer}',"
            " 'customer', 'wish', 'Alice', now(), current_date, now() - interval '2 hours', now(), true, '', '',"
            " 'asked'"
        ),
        "no contract outlives its last day",
    ),
    "a job forgotten past its deadline": (
        (
            "UPDATE kernel_job SET state = 'queued', deadline_at = now() - interval '1 day' WHERE id = (SELECT max(id)"
            " FROM kernel_job)"
        ),
        "no job is older than its deadline without an end",
    ),
}


@pytest.fixture
def undone() -> Iterator[None]:
    """What is planted is taken back, constraints and all."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    assert broken_invariants() == {}


@pytest.mark.parametrize("plant", PLANTS)
def test_the_check_finds(orders: Orders, undone: None, plant: str, capsys: pytest.CaptureFixture[str]) -> None:
    [seal_id] = orders.place()
    runner.drain()
    assert broken_invariants() == {}

    statement, broken = PLANTS[plant]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")  # past the triggers that refuse it
        cursor.execute(
            statement.format(seal=seal_id, schema=orders.owner.customer.schema_name, customer=orders.owner.customer.id)
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    assert broken in broken_invariants()
    assert broken in broken_by_this_transaction()
    with pytest.raises(SystemExit):
        call_command("check_invariants")
    assert broken in capsys.readouterr().err
