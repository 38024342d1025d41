"""The audit trail: nothing happens unrecorded, and nobody can change unnoticed what was recorded (clause C3)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from kernel import audit, clock, vault
from kernel.actor import Actor
from kernel.audit_chain import content_hash, head_leaf, link_hash, root_of, tree
from kernel.audit_partitions import drop_expired, make_partitions
from kernel.audit_payloads import forget_secrets
from kernel.audit_periods import PERIODS
from kernel.models import AuditChain, AuditCheckpoint, AuditCut, AuditEntry, AuditLink, CustomerKey
from kernel.tenancy.blueprint import create_schema
from kernel.tenancy.owner import grant_to_application, may_change_history, may_make_schemas
from tests.cast import Cast
from trust.actions.ask_authority import Timestamp
from trust.actions.checkpoint_audit import checkpoint_audit
from trust.actions.obtain_timestamp import obtain_timestamp
from trust.gateways.data_keys import HsmDataKeys
from trust.queries.audit import verify_audit

SYSTEM = Actor.system("tests")


def sql(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def commit_links() -> None:
    """What the end of the transaction does."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def exports(tmp_path: Path, settings: Any) -> Path:
    settings.AUDIT_EXPORT_DIR = tmp_path / "checkpoints"
    return tmp_path / "checkpoints"


@pytest.fixture
def trail(cast: Cast, exports: Path) -> str:
    """A customer with ten entries and two checkpoints; the last entries came after."""
    for number in range(10):
        facts = {"actor": cast.alice.actor, "action": "test.done", "subject": f"t{number}", "details": {"n": number}}
        audit.record(now=clock.now(), **facts)
        if number in {3, 6}:
            commit_links()
            checkpoint_audit(now=clock.now())
    commit_links()
    return cast.acme.id


def faults() -> set[str]:
    return {found.fault for _chain, findings in verify_audit(now=clock.now()) for found in findings}


def checkpoint_of_then(then: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that was made earlier; only the authorities live in the present."""

    def stamp(*, imprint: bytes, live: bool, now: datetime) -> Timestamp:
        return obtain_timestamp(imprint=imprint, live=live, now=clock.now())

    monkeypatch.setattr("trust.actions.checkpoint_audit.obtain_timestamp", stamp)
    checkpoint_audit(now=then)


def test_a_trail_that_nobody_touched_holds_and_the_command_says_so(trail: str) -> None:
    assert faults() == set()
    said = StringIO()
    call_command("audit_verify", stdout=said)
    assert "holds" in said.getvalue()


CHANGED = "UPDATE kernel_auditentry SET {} WHERE customer_id = '{chain}' AND subject = 't4'"
REWRITE = """
    DO $$ DECLARE r record; last bytea := decode(repeat('00', 32), 'hex'); BEGIN
        UPDATE kernel_auditentry SET payload = '\\x00', content_hash = sha256('\\x00')
         WHERE customer_id = '{chain}' AND subject = 't2';
        FOR r IN SELECT l.seq, e.content_hash FROM kernel_auditlink l JOIN kernel_auditentry e ON e.id = l.entry_id
                  WHERE l.chain = '{chain}' ORDER BY l.seq LOOP
            last := sha256(last || int8send(r.seq) || r.content_hash);
            UPDATE kernel_auditlink SET hash = last WHERE chain = '{chain}' AND seq = r.seq;
        END LOOP;
        UPDATE kernel_auditchain SET hash = last WHERE chain = '{chain}';
    END $$
"""
REMOVED = "; DELETE FROM kernel_auditcheckpointhead; DELETE FROM kernel_auditcheckpoint"
CUT = (
    "INSERT INTO kernel_auditcut (chain, first_seq, last_seq, hash, retention, cut_at) SELECT chain, 1, seq,"
    " hash, '{retention}', now() FROM kernel_auditlink WHERE chain = '{chain}' AND seq = {n};"
    "DELETE FROM kernel_auditlink WHERE chain = '{chain}' AND seq <= {n};"
    "DELETE FROM kernel_auditentry e WHERE customer_id = '{chain}' AND NOT EXISTS"
    " (SELECT FROM kernel_auditlink l WHERE l.entry_id = e.id)"
)
# What a superuser may do with SQL, and the least that must be told of it. `{n}` is the number of the entry t4.
MANIPULATIONS: list[tuple[str, str, str]] = [
    ("an action changed", CHANGED.format("action = 'test.undone'", chain="{chain}"), "changed"),
    ("a payload changed", CHANGED.format("payload = '\\x007b7d'", chain="{chain}"), "changed"),
    ("a time changed", CHANGED.format("at = at - interval '1 second'", chain="{chain}"), "removed"),
    ("given to another customer", CHANGED.format("customer_id = '{other}'", chain="{chain}"), "changed"),
    ("an entry removed", "DELETE FROM kernel_auditentry WHERE customer_id = '{chain}' AND subject = 't4'", "removed"),
    ("a link removed", "DELETE FROM kernel_auditlink WHERE chain = '{chain}' AND seq = {n}", "removed"),
    (
        "entry and link removed",
        (
            "DELETE FROM kernel_auditentry WHERE customer_id = '{chain}' AND subject = 't4';"
            "DELETE FROM kernel_auditlink WHERE chain = '{chain}' AND seq = {n}"
        ),
        "removed",
    ),
    (
        "reordered",
        (
            "UPDATE kernel_auditlink a SET entry_id = b.entry_id, at = b.at FROM kernel_auditlink b"
            " WHERE a.chain = '{chain}' AND b.chain = a.chain AND (a.seq, b.seq) IN (({n}, {n} + 1), ({n} + 1, {n}))"
        ),
        "reordered",
    ),
    ("truncated", "DELETE FROM kernel_auditlink WHERE chain = '{chain}' AND seq > {n}", "truncated"),
    (
        "truncated with its end",
        (
            "DELETE FROM kernel_auditlink WHERE chain = '{chain}' AND seq > {n};"
            "DELETE FROM kernel_auditentry WHERE customer_id = '{chain}' AND subject > 't4' AND subject LIKE 't_';"
            "UPDATE kernel_auditchain c SET seq = l.seq, hash = l.hash FROM kernel_auditlink l"
            " WHERE l.chain = c.chain AND l.chain = '{chain}' AND l.seq = {n}"
        ),
        "truncated",
    ),
    (
        "the whole chain removed",
        (
            "DELETE FROM kernel_auditlink WHERE chain = '{chain}';"
            "DELETE FROM kernel_auditchain WHERE chain = '{chain}';"
            "DELETE FROM kernel_auditentry WHERE customer_id = '{chain}'"
        ),
        "truncated",
    ),
    (
        "forked by a second link",
        (
            "INSERT INTO kernel_auditlink SELECT entry_id, chain, seq, retention, at + interval '1 second', hash"
            " FROM kernel_auditlink WHERE chain = '{chain}' AND seq = {n}"
        ),
        "forked",
    ),
    (
        "an entry beside the chain",
        (
            "INSERT INTO kernel_auditentry (retention, at, customer_id, actor_kind, actor_id, action, subject,"
            " request_id, payload, content_hash) SELECT retention, at, customer_id, actor_kind, actor_id, action,"
            " subject, request_id, payload, content_hash FROM kernel_auditentry WHERE customer_id = '{chain}'"
            " AND subject = 't4'"
        ),
        "forked",
    ),
    ("its end changed", "UPDATE kernel_auditchain SET hash = sha256(hash) WHERE chain = '{chain}'", "head"),
    ("all rewritten and every hash computed anew", REWRITE, "rewritten"),
    (
        "all rewritten, and the checkpoints removed",
        REWRITE + REMOVED,
        "rewritten",
    ),
    (
        "a checkpoint's end changed",
        "UPDATE kernel_auditcheckpointhead SET hash = sha256(hash) WHERE chain = '{chain}'",
        "checkpoint",
    ),
    ("a checkpoint forged", "UPDATE kernel_auditcheckpoint SET jws = replace(jws, 'a', 'b')", "checkpoint"),
    ("dropped before its time", CUT.format(retention="activity", chain="{chain}", n="{n}"), "cut"),
    (
        "dropped after its time was shortened",
        f"UPDATE kernel_auditclass SET period = '0 days'; {CUT.format(retention='activity', chain='{chain}', n='{n}')}",
        "cut",
    ),
    ("dropped under a name that is no class", CUT.format(retention="nothing", chain="{chain}", n="{n}"), "cut"),
    (
        "a cut that leads back",
        (
            "INSERT INTO kernel_auditcut (chain, first_seq, last_seq, hash, retention, cut_at) SELECT chain, seq + 1,"
            " seq, hash, 'activity', now() FROM kernel_auditlink WHERE chain = '{chain}' AND seq = {n}"
        ),
        "cut",
    ),
    (
        "the whole chain removed, also from the checkpoints",
        (
            "DELETE FROM kernel_auditlink WHERE chain = '{chain}';"
            "DELETE FROM kernel_auditchain WHERE chain = '{chain}';"
            "DELETE FROM kernel_auditentry WHERE customer_id = '{chain}';"
            "DELETE FROM kernel_auditcheckpointhead WHERE chain = '{chain}'"
        ),
        "truncated",
    ),
    (
        "a time that is none",
        (
            "UPDATE kernel_auditentry SET at = '-infinity' WHERE customer_id = '{chain}' AND subject = 't4';"
            "UPDATE kernel_auditlink SET at = '-infinity' WHERE chain = '{chain}' AND seq = {n}"
        ),
        "changed",
    ),
    ("a path that is none", "UPDATE kernel_auditcheckpointhead SET path = '[1]'", "checkpoint"),
    ("a key that is none", "UPDATE trust_auditkey SET public_key = '\\x00'", "checkpoint"),
]


def test_every_manipulation_of_a_superuser_is_found(trail: str, cast: Cast) -> None:
    """The triggers are off: nothing prevents these, so that only the hashes and what lies outside can tell."""
    at = AuditLink.objects.get(entry__subject="t4", chain=trail).seq
    for name, statement, expected in MANIPULATIONS:
        with transaction.atomic():
            sql("SET LOCAL session_replication_role = replica")
            connection.cursor().execute(statement.format(chain=trail, other=cast.globex.id, n=at))
            assert expected in faults(), name
            transaction.set_rollback(True)
    assert faults() == set()


def test_without_the_files_outside_a_rewritten_trail_would_hold(trail: str, exports: Path) -> None:
    """Why checkpoints are exported: a superuser who removes them from the database leaves no trace in it."""
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        connection.cursor().execute((REWRITE + REMOVED).format(chain=trail))
        connection.cursor().execute("UPDATE kernel_auditentry e SET content_hash = sha256(content_hash) WHERE false")
        told = {f.fault for chain, found in verify_audit(now=clock.now()) if chain != trail for f in found}
        assert told == {"checkpoint"}
        for file in exports.iterdir():
            file.unlink()
        assert not {f.fault for chain, found in verify_audit(now=clock.now()) if chain == trail for f in found} & {
            "rewritten"
        }
        transaction.set_rollback(True)


def test_the_command_names_chain_number_and_fault(trail: str) -> None:
    with transaction.atomic():
        sql("SET LOCAL session_replication_role = replica")
        sql("UPDATE kernel_auditentry SET action = 'x' WHERE customer_id = %s AND subject = 't4'", trail)
        said = StringIO()
        with pytest.raises(SystemExit):
            call_command("audit_verify", stderr=said)
        transaction.set_rollback(True)
    assert f"{trail}, entry " in said.getvalue()
    assert "changed" in said.getvalue()


SLIPS = [
    "UPDATE kernel_auditentry SET action = 'nothing'",
    "DELETE FROM kernel_auditentry",
    "TRUNCATE kernel_auditentry",
    "TRUNCATE kernel_auditentry_activity",
    "TRUNCATE kernel_auditentry_activity_default",
    "UPDATE kernel_auditlink SET seq = seq + 1",
    "DELETE FROM kernel_auditlink",
    "TRUNCATE kernel_auditlink",
    "DELETE FROM kernel_auditchain",
    "DELETE FROM kernel_auditcheckpointhead",
    "UPDATE kernel_auditcheckpoint SET number = number + 7",
    "TRUNCATE kernel_auditcheckpoint CASCADE",
]


def test_history_cannot_be_changed_by_a_slip(trail: str) -> None:
    """Not even by the owner of the tables, who has every right."""
    for statement in SLIPS:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            sql(statement)


FORBIDDEN = [
    *SLIPS,
    "INSERT INTO kernel_auditlink VALUES (1, 'platform', 1, 'platform', now(), '')",
    "INSERT INTO kernel_auditchain VALUES ('cus_x', 1, '')",
    "UPDATE kernel_auditchain SET seq = 0",
    (
        "INSERT INTO kernel_auditcut (chain, first_seq, last_seq, hash, retention, cut_at)"
        " VALUES ('platform', 1, 2, '', 'platform', now())"
    ),
    "INSERT INTO kernel_auditentry_activity_default SELECT * FROM kernel_auditentry",
    "UPDATE kernel_auditclass SET period = '1 second'",
    "ALTER TABLE kernel_auditentry DISABLE TRIGGER ALL",
    "ALTER TABLE kernel_auditentry DISABLE TRIGGER audit_linked",
    "DROP TRIGGER audit_append_only ON kernel_auditentry",
    "DROP TABLE kernel_auditentry",
    "ALTER TABLE kernel_auditentry DETACH PARTITION kernel_auditentry_activity",
    "SET session_replication_role = replica",
    "SELECT kernel_audit_empty('kernel_auditentry_activity_default', 'true')",
    (
        "CREATE TEMP TABLE own (LIKE kernel_auditentry); CREATE TRIGGER forge AFTER INSERT ON own FOR EACH ROW"
        " EXECUTE FUNCTION kernel_audit_link()"
    ),
    "CREATE OR REPLACE FUNCTION kernel_audit_link() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "UPDATE trust_auditkey SET retired_at = now()",
    "DELETE FROM trust_auditkey",
]


def test_the_applications_role_writes_entries_and_can_change_nothing(trail: str, cast: Cast) -> None:
    role = f"sealport_probe_{cast.acme.slug.replace('-', '_')}"
    sql(f"CREATE ROLE {role}")
    sql(f"SET LOCAL ROLE {role}")
    assert not may_make_schemas(), "as after restoring a dump into a new database"
    sql("RESET ROLE")
    grant_to_application(role)
    for statement in FORBIDDEN:
        with transaction.atomic():
            sql(f"SET LOCAL ROLE {role}")
            with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
                connection.cursor().execute(statement)
            transaction.set_rollback(True)
    assert may_change_history()
    sql(f"SET LOCAL ROLE {role}")
    assert not may_change_history()
    assert may_make_schemas()
    audit.record(actor=cast.alice.actor, action="test.done", now=clock.now())
    commit_links()
    checkpoint_audit(now=clock.now())
    make_partitions()
    drop_expired()
    create_schema(f"c_{role}")
    sql(f"DROP SCHEMA c_{role} CASCADE")
    sql("RESET ROLE")
    assert faults() == set()


@pytest.mark.parametrize(
    "gift",
    [
        "ALTER FUNCTION kernel_forbid_change() OWNER TO {role}",  # which would let everything pass
        "ALTER SCHEMA public OWNER TO {role}",  # whose owner drops what others have made there, as a database's does
        "ALTER TABLE kernel_auditcheckpoint OWNER TO {role}",
        "GRANT DELETE ON kernel_auditlink TO {role}",
    ],
)
def test_whoever_could_change_history_in_a_roundabout_way_is_known(cast: Cast, gift: str) -> None:
    role = f"sealport_probe_{cast.acme.slug.replace('-', '_')}"
    sql(f"CREATE ROLE {role}")
    grant_to_application(role)
    sql("GRANT CREATE ON SCHEMA public TO " + role)
    sql(gift.format(role=role))
    sql(f"SET LOCAL ROLE {role}")
    assert may_change_history()
    sql("RESET ROLE")


def test_the_payload_is_for_the_customer_alone(cast: Cast, now: datetime) -> None:
    audit.record(actor=cast.alice.actor, action="test.done", now=now, subject="s", details={"secret": "Zürich"})
    entry = AuditEntry.objects.get(action="test.done")
    assert "Zürich".encode() not in bytes(entry.payload)
    assert b"Alice" not in bytes(entry.payload)
    assert audit.payload_of(entry) == audit.Payload("Alice", "", {"secret": "Zürich"})

    entry.subject = "another"  # moved to other metadata it cannot be read
    assert audit.readable_payload_of(entry) is None


def test_without_the_customers_key_the_chain_holds_and_says_nothing(trail: str) -> None:
    key = CustomerKey.objects.get(customer_id=trail)
    HsmDataKeys().destroy(key.label)
    key.delete()
    vault.forget_keys()
    forget_secrets()

    assert faults() == set()
    assert audit.readable_payload_of(AuditEntry.objects.get(customer_id=trail, subject="t4")) is None


def test_writing_asks_no_hsm(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_words: object) -> bytes:
        raise AssertionError("the HSM was asked")

    vault.forget_keys()
    with monkeypatch.context() as outage:
        for name in ("create", "wrap", "unwrap", "destroy"):
            outage.setattr(HsmDataKeys, name, away)
        audit.record(actor=cast.alice.actor, action="test.done", now=now)
    assert AuditEntry.objects.get(action="test.done").payload[:1] == b"\x01"


def test_the_database_computes_the_hashes_that_are_written_down_here(trail: str) -> None:
    previous = bytes(32)
    for link in AuditLink.objects.filter(chain=trail).select_related("entry").order_by("seq"):
        entry = link.entry
        content = content_hash(audit.metadata_of(entry), bytes(entry.payload))
        assert content == bytes(entry.content_hash)
        previous = link_hash(previous, link.seq, content)
        assert previous == bytes(link.hash)
    assert bytes(AuditChain.objects.get(chain=trail).hash) == previous


def test_transactions_that_act_for_the_same_customers_in_another_order_do_not_lock_each_other_out(
    transactional_db: None, now: datetime
) -> None:
    """Each writes to both chains, in turn in either order, and all commit; the numbers have no gaps.

    Every three rounds the chains are new ones, which all of them begin at one moment.
    """
    rounds, failures = 15, []
    together = threading.Barrier(4)

    def act(chains: list[str]) -> None:
        try:
            for turn in range(rounds):
                together.wait(10)
                with transaction.atomic():
                    for chain in chains:
                        name = f"{chain}{turn // 3}"
                        audit.record(actor=SYSTEM, action="test.done", now=now, customer_id=name)
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(["cus_a", "cus_b"][:: 1 if n % 2 else -1],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    expected = {f"{chain}{number}": 3 * 4 for chain in ("cus_a", "cus_b") for number in range(rounds // 3)}
    assert {row.chain: row.seq for row in AuditChain.objects.all()} == expected


def test_what_is_rolled_back_leaves_no_number(transactional_db: None, now: datetime) -> None:
    for rolled_back in (False, True, False):
        with transaction.atomic():
            audit.record(actor=SYSTEM, action="test.done", now=now, customer_id="cus_a")
            transaction.set_rollback(rolled_back)
    assert list(AuditLink.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2]


def test_days_are_dropped_when_their_period_is_over_and_the_rest_still_verifies(
    cast: Cast, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime.now(UTC)
    old = moment - timedelta(days=95)
    for at in (old, old, moment):
        audit.record(actor=cast.alice.actor, action="test.done", now=at)
    commit_links()
    assert drop_expired() == 0
    assert AuditEntry.objects.filter(action="test.done").count() == 3, "no checkpoint proves yet that they are old"

    checkpoint_of_then(old, monkeypatch)
    drop_expired()

    assert AuditEntry.objects.filter(action="test.done").count() == 1
    cut = AuditCut.objects.get(chain=cast.acme.id)
    assert cut.last_seq - cut.first_seq == 1
    assert faults() == set()


def test_a_checkpoint_whose_number_has_the_file_of_another_is_told_of(
    trail: str, exports: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As after the restore of a backup: what proves that something was lost is not written over, nor left unsaid."""
    another = exports / "checkpoint-00000003.json"
    another.write_text('{"jws": "of before"}')
    checkpoint_audit(now=clock.now())
    assert another.read_text() == '{"jws": "of before"}'
    assert "checkpoint 3 is another's" in caplog.text
    another.unlink()
    checkpoint_audit(now=clock.now())
    assert "of before" not in another.read_text()


def test_whole_partitions_are_dropped(cast: Cast, exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As time brings it about: a day that had a partition of its own is past its period."""
    old = datetime.now(UTC).replace(hour=12) - timedelta(days=95)
    for parent in ("kernel_auditentry_activity", "kernel_auditlink_activity"):
        sql(
            f"SELECT kernel_audit_make_partition('{parent}', '{parent}_{old:%Y%m%d}',"
            f" 'FOR VALUES FROM (''{old:%Y-%m-%d}'') TO (''{old + timedelta(days=1):%Y-%m-%d}'')')"
        )
    for at in (old - timedelta(days=1), old):  # the day before had none, as after an outage of the task that makes them
        audit.record(actor=cast.alice.actor, action="test.done", now=at)
    commit_links()
    checkpoint_of_then(old, monkeypatch)

    assert drop_expired(limit=1) == 1
    assert not AuditEntry.objects.filter(action="test.done").exists()
    assert faults() == set()
    assert sql("SELECT to_regclass(%s)", f"kernel_auditentry_activity_{old:%Y%m%d}") == [(None,)]


def test_room_is_made_ahead_and_an_entry_of_any_day_finds_a_place(cast: Cast, now: datetime) -> None:
    make_partitions()
    assert make_partitions() == 0
    for at in (now - timedelta(days=4000), now + timedelta(days=4000)):
        audit.record(actor=cast.alice.actor, action="test.done", now=at)
    assert AuditEntry.objects.filter(action="test.done").count() == 2


def test_the_database_keeps_the_periods_of_the_rules(db: None) -> None:
    assert dict(sql("SELECT name, period FROM kernel_auditclass")) == {
        str(name): sql("SELECT %s::interval", period)[0][0] for name, period in PERIODS.items()
    }


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_every_chain_is_proven_by_its_own_path(size: int) -> None:
    leaves = [head_leaf(f"cus_{number}", number, bytes([number]) * 32) for number in range(size)]
    root, paths = tree(leaves)
    assert all(root_of(leaf, path) == root for leaf, path in zip(leaves, paths, strict=True))
    assert root_of(head_leaf("cus_0", 1, bytes(32)), paths[0]) != root


def test_a_checkpoint_is_made_only_when_a_chain_moved(trail: str) -> None:
    assert checkpoint_audit(now=clock.now()) == 3
    assert checkpoint_audit(now=clock.now()) is None
    assert AuditCheckpoint.objects.count() == 3
