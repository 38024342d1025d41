"""Outside services fail: the seal waits and says for whom, then is made; past its deadline it fails free of charge."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError, connections
from django.test import Client, override_settings

from kernel import runner
from kernel.models import Job
from tests.doubles.gate import Gate, gate_to
from tests.faults.conftest import Orders
from tests.faults.workers import STEPS, Worker, failing_inserts, rescue
from tests.waiting import wait_for


@pytest.fixture
def authorities() -> Iterator[Gate]:
    """The way to both timestamp authorities."""
    urls = [urlsplit(url) for url in settings.TSA_URLS]
    with gate_to(urls[0].hostname or "", urls[0].port or 0) as gate:
        there = [url._replace(netloc=f"127.0.0.1:{gate.port}").geturl() for url in urls]
        with override_settings(TSA_URLS=there):
            yield gate


def told(client: Client, orders: Orders, seal_id: str) -> dict[str, Any]:
    """What the API tells of a seal."""
    token = orders.owner.token()
    told: dict[str, Any] = client.get(f"/api/v1/seals/{seal_id}", HTTP_AUTHORIZATION=f"Bearer {token}").json()
    return told


def drained(orders: Orders, seal_id: str, status: str) -> None:
    """Work as a worker does until the seal is there."""

    def arrived() -> bool:
        runner.drain()
        return orders.see(seal_id).status == status

    wait_for(arrived, f"the seal is {status}")


def test_without_any_timestamp_authority_a_seal_waits_says_so_and_is_made_afterwards(
    orders: Orders, authorities: Gate, client: Client
) -> None:
    [before] = orders.place()
    runner.drain()
    orders.each_delivered_once(before)

    authorities.shut()
    [seal_id] = orders.place()
    runner.drain()

    waiting = told(client, orders, seal_id)
    assert (waiting["status"], waiting["delay"]["code"]) == ("waiting_for_timestamp", "timestamp_unavailable")
    assert waiting["delay"]["detail"]
    assert (waiting["billable"], waiting["failure"], waiting["links"].get("content")) == (False, None, None)
    assert orders.usage == 1

    authorities.open()
    drained(orders, seal_id, "sealed")
    orders.each_delivered_once(before, seal_id)
    assert told(client, orders, seal_id)["delay"] is None


def test_a_seal_that_waits_past_its_deadline_fails_and_is_not_charged(
    orders: Orders, authorities: Gate, client: Client
) -> None:
    authorities.shut()
    with override_settings(SEAL_DEADLINE_SECONDS=1):
        [seal_id] = orders.place()

    runner.drain()
    drained(orders, seal_id, "failed")

    failed = told(client, orders, seal_id)
    assert (failed["failure"]["code"], failed["billable"]) == ("timestamp_unavailable", False)
    orders.nothing_delivered(seal_id)
    assert Job.objects.get(kind="sealing.perform_seal").state == "done"

    authorities.open()
    assert runner.drain() == 0
    orders.nothing_delivered(seal_id)


def copy_unless_gone(source: str, target: str) -> None:
    """Others' tests destroy keys in the same token meanwhile."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


def test_without_the_token_seals_wait_and_the_worker_asks_to_be_replaced(orders: Orders, tmp_path: Path) -> None:
    original = Path(os.environ["SOFTHSM2_CONF"])
    tokens, seal_ids = tmp_path / "tokens", orders.place(3)

    def work() -> None:
        shutil.copytree(original.parent / "tokens", tokens, copy_function=copy_unless_gone)
        configuration = tmp_path / "softhsm2.conf"
        configuration.write_text(original.read_text().replace(str(original.parent / "tokens"), str(tokens)))
        os.environ["SOFTHSM2_CONF"] = str(configuration)
        with override_settings(VAR_DIR=tmp_path):
            assert runner.drain(limit=1) == 1
            assert not runner.unfit_for_work()
            tokens.rename(tmp_path / "taken out")
            runner.drain(limit=2)
            assert runner.unfit_for_work()

    assert Worker(work).end() == 0
    first, *others = sorted(seal_ids, key=lambda seal_id: orders.see(seal_id).status != "sealed")
    orders.each_delivered_once(first)
    for seal_id in others:
        waiting = orders.see(seal_id)
        assert waiting.status == "queued"
        assert waiting.delay
        assert waiting.delay[0].startswith("hsm_")

    for seal_id in others:
        drained(orders, seal_id, "sealed")
    orders.each_delivered_once(*seal_ids)


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("billing_usageevent", "true"),
        ("kernel_auditentry", "NEW.action = 'seal.published'"),
        ("kernel_event", "NEW.name = 'seal.published'"),
    ],
)
def test_when_one_record_of_a_delivery_cannot_be_written_nothing_is_delivered(
    orders: Orders, table: str, condition: str
) -> None:
    [seal_id] = orders.place()

    with failing_inserts(f"public.{table}", condition=condition):
        runner.drain()
        orders.nothing_delivered(seal_id)
        assert Job.objects.get(kind="sealing.perform_seal").state == "queued"

    drained(orders, seal_id, "sealed")
    orders.each_delivered_once(seal_id)


@pytest.mark.parametrize("table", ["{schema}.sealing_sealattempt", "public.kernel_auditentry"])
def test_without_a_recorded_attempt_the_key_is_not_used(orders: Orders, table: str) -> None:
    [seal_id] = orders.place()

    with failing_inserts(table.format(schema=orders.owner.customer.schema_name)):
        runner.drain()
        orders.nothing_delivered(seal_id)
        assert orders.signatures.number == 0

    drained(orders, seal_id, "sealed")
    orders.each_delivered_once(seal_id)
    assert orders.signatures.number == 1


def test_a_database_lost_while_publishing_publishes_nothing(orders: Orders) -> None:
    [seal_id] = orders.place()

    def cut() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    def work() -> None:
        STEPS["all is written but not committed"].meet(cut)
        with override_settings(JOB_LEASE_SECONDS=0.1):
            runner.drain()

    Worker(work).end()
    orders.nothing_delivered(seal_id)
    if Job.objects.get(kind="sealing.perform_seal").state == "running":
        rescue()

    drained(orders, seal_id, "sealed")
    orders.each_delivered_once(seal_id, orphans=1)  # nobody knew whether its row was there


def test_a_commit_whose_answer_was_lost_is_a_delivery_all_the_same(orders: Orders) -> None:
    [seal_id] = orders.place()

    def lose_the_answer() -> None:
        database = connections["default"]
        commit = database._commit

        def commit_in_silence() -> None:
            database._commit = commit
            commit()
            raise OperationalError("the connection was lost")

        database._commit = commit_in_silence

    def work() -> None:
        STEPS["all is written but not committed"].meet(lose_the_answer)
        runner.drain()

    Worker(work).end()

    orders.each_delivered_once(seal_id)
    runner.drain()
    orders.each_delivered_once(seal_id)
