"""Work is done once, by one worker at a time, and is never forgotten."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import InternalError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from redis import Redis

from kernel import jobs, runner
from kernel.actor import Actor
from kernel.audit import payload_of
from kernel.errors import NotFound, Outage, Refusal
from kernel.jobs import ClaimedJob, FenceLost
from kernel.models import AuditEntry, Job


def enqueue(key: str = "one", **fields: object) -> None:
    jobs.enqueue("tests.kernel", key=key, now=datetime.fromisoformat("2020-01-01T00:00:00+00:00"), **fields)  # type: ignore[arg-type]  # passed on


def claimed() -> ClaimedJob:
    job = jobs.claim()
    assert job is not None
    return job


def make_due() -> None:
    Job.objects.update(run_at=datetime.fromisoformat("2020-01-01T00:00:00+00:00"))


def end_leases() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_job SET lease_until = clock_timestamp() - interval '1 second' WHERE state = 'running'"
        )


def state() -> str:
    return Job.objects.get().state


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A task that raises what it is told to, in turn; the list records how it ended."""
    outcomes: list[object] = []

    def run(job: ClaimedJob, *, now: datetime) -> None:
        outcome = outcomes.pop(0) if outcomes else None
        if isinstance(outcome, Exception):
            raise outcome

    monkeypatch.setattr(runner, "_task", lambda kind: run)
    return outcomes


def test_the_same_key_is_the_same_work(db: None) -> None:
    enqueue("one")
    enqueue("one")
    enqueue("two")

    assert Job.objects.count() == 2


def test_a_job_waits_for_its_time_and_the_longest_due_comes_first(db: None) -> None:
    enqueue("later", run_at=datetime.fromisoformat("2999-01-01T00:00:00+00:00"))
    enqueue("second", run_at=datetime.fromisoformat("2021-01-01T00:00:00+00:00"))
    enqueue("first", run_at=datetime.fromisoformat("2020-06-01T00:00:00+00:00"))

    keys = [Job.objects.get(id=claimed().id).key for _ in range(2)]

    assert keys == ["first", "second"]
    assert jobs.claim() is None


def test_a_thousand_jobs_of_one_customer_hold_nobody_else_up_and_alone_it_gets_everything(db: None) -> None:
    for number in range(200):
        enqueue(f"a{number}", customer_id="cus_a")
    before = [claimed().customer_id for _ in range(50)]
    enqueue("b", customer_id="cus_b")
    enqueue("scheduled")

    after = [claimed().customer_id for _ in range(152)]

    assert before == ["cus_a"] * 50
    assert sorted(str(customer) for customer in after[:3]) == ["None", "cus_a", "cus_b"]
    assert after[3:] == ["cus_a"] * 149
    assert jobs.claim() is None


@given(arrivals=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), min_size=1, max_size=8))
@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_while_a_customer_waits_no_other_is_served_twice_more(db: None, arrivals: list[tuple[str, int]]) -> None:
    """Between two arrivals one job is claimed; a customer served out of turn would get ahead of one that waits."""
    waiting, lead = dict.fromkeys("abc", 0), Counter[tuple[str, str]]()
    with transaction.atomic():
        for step in range(sum(count for _customer, count in arrivals)):
            if step < len(arrivals):
                customer, count = arrivals[step]
                waiting[customer] += count
                for number in range(count):
                    enqueue(f"{step}-{number}", customer_id=customer)
            served = str(claimed().customer_id)
            waiting[served] -= 1
            for other in "abc":
                lead[served, other] = lead[served, other] + 1 if waiting[other] else 0
                lead[other, served] = 0
            assert max(lead.values()) <= 2, (arrivals, step)
        assert jobs.claim() is None
        transaction.set_rollback(True)


def test_who_was_put_off_lines_up_anew_behind_those_who_waited_less_long(db: None) -> None:
    """A thousand seals that waited for the same outage come back all at once."""
    for number in range(20):
        enqueue(f"a{number}", customer_id="cus_a", run_at=datetime.fromisoformat("2999-01-01T00:00:00+00:00"))
    assert jobs.claim() is None
    make_due()
    first = claimed().customer_id
    enqueue("b", customer_id="cus_b")

    assert (first, claimed().customer_id, jobs.sweep()) == ("cus_a", "cus_b", 0)
    assert [claimed().customer_id for _ in range(19)] == ["cus_a"] * 19


def test_of_rows_done_one_by_one_those_that_fail_hold_up_no_other() -> None:
    done = []

    def act(row_id: str) -> int:
        if row_id in "bd":
            raise Outage(row_id)
        done.append(row_id)
        return 2

    assert jobs.one_by_one(act, "ace") == 6
    with pytest.raises(Outage, match="b"):
        jobs.one_by_one(act, "abcde")
    assert done == [*"ace", *"ace"]


def test_a_rolled_back_transaction_leaves_no_work(db: None) -> None:
    with transaction.atomic():
        enqueue()
        transaction.set_rollback(True)

    assert jobs.claim() is None


def test_eight_workers_share_two_hundred_jobs_without_doing_one_twice(transactional_db: None) -> None:
    for number in range(200):
        enqueue(str(number))
    done: list[int] = []

    def work() -> None:
        while (job := jobs.claim()) is not None:
            with transaction.atomic():
                jobs.finish(job)
                done.append(job.id)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == len(set(done)) == 200


def test_who_lost_the_lease_can_publish_nothing(db: None) -> None:
    enqueue()
    slow = claimed()
    end_leases()
    assert jobs.sweep() == 1
    quick = claimed()
    jobs.finish(quick)

    with pytest.raises(FenceLost), transaction.atomic():
        jobs.finish(slow)
    with pytest.raises(FenceLost):
        jobs.retry(slow, "late")
    assert (quick.fence, quick.crashes, state()) == (slow.fence + 1, 1, "done")


def test_a_living_lease_is_left_alone(db: None) -> None:
    enqueue()
    claimed()

    assert jobs.sweep() == 0
    assert state() == "running"


def test_an_outage_is_tried_again_later_and_a_refusal_never(db: None, task: list[object]) -> None:
    task += [Outage("the authority is down"), Refusal("no")]
    enqueue()

    runner.drain()
    assert state() == "queued"
    assert Job.objects.get().last_error == "outage: the authority is down"
    assert jobs.claim() is None
    make_due()
    runner.drain()

    assert state() == "refused"


def test_a_poisonous_job_ends_among_the_dead_letters_and_can_be_raised(db: None, task: list[object]) -> None:
    task += [RuntimeError("boom")] * 10
    enqueue()

    for _ in range(6):
        make_due()
        runner.drain()

    job = Job.objects.get()
    assert (job.state, job.crashes, job.attempts) == ("dead", jobs.MAX_CRASHES, jobs.MAX_CRASHES + 1)
    staff = Actor.staff(person_id="1", name="Stase", reason="The authority is back.")
    jobs.raise_dead_letter(actor=staff, job_id=job.id, now=job.run_at)
    assert state() == "queued"
    assert payload_of(AuditEntry.objects.get()).reason == "The authority is back."
    with pytest.raises(NotFound):
        jobs.raise_dead_letter(actor=staff, job_id=job.id, now=job.run_at)


@pytest.mark.parametrize(("seconds_late", "expected"), [(-60, "done"), (1, "dead")])
def test_a_job_is_given_up_at_its_deadline(db: None, task: list[object], seconds_late: int, expected: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment = cursor.fetchone()[0]
    enqueue(deadline_at=moment - timedelta(seconds=seconds_late))

    runner.drain()

    assert state() == expected


def test_a_job_of_a_customer_that_is_gone_never_runs_in_public(db: None, task: list[object]) -> None:
    task.append(AssertionError("ran without its customer"))
    enqueue(customer_id="cus_gone")

    runner.drain()

    assert len(task) == 1
    assert state() == "queued"


def drain_often() -> Job:
    for _ in range(3 * jobs.MAX_CRASHES):
        make_due()
        runner.drain()
    return Job.objects.get()


def test_a_job_of_a_customer_that_stays_gone_is_not_tried_for_ever(db: None, task: list[object]) -> None:
    task.append(AssertionError("ran without its customer"))
    enqueue(customer_id="cus_gone")

    job = drain_often()

    assert len(task) == 1
    assert (job.state, job.attempts) == ("dead", 2 * jobs.MAX_CRASHES + 1)


def test_a_job_of_a_kind_that_no_code_knows_stops_no_other_and_ends_among_the_dead_letters(db: None) -> None:
    enqueue()

    assert drain_often().state == "dead"


def test_a_last_word_that_fails_is_tried_again_but_not_for_ever(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def last_word(job: ClaimedJob, *, now: datetime) -> None:
        tried.append(job.crashes)
        raise RuntimeError("no words")

    @jobs.on_abandoned(last_word)
    def task(job: ClaimedJob, *, now: datetime) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(runner, "_task", lambda kind: task)
    enqueue()

    assert drain_often().state == "dead"
    assert tried == list(range(jobs.MAX_CRASHES, 2 * jobs.MAX_CRASHES + 1))


def test_events_cannot_be_changed(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO kernel_event (name, at, subject, payload) VALUES ('a.b', now(), '', '{}')")
    with (
        pytest.raises((InternalError, ProgrammingError), match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM kernel_event")


def test_while_one_job_waits_others_are_worked_on(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(3, timeout=20)
    monkeypatch.setattr(runner, "_task", lambda kind: lambda job, *, now: together.wait() and None)
    for number in range(3):
        enqueue(f"waits {number}")

    runner.drain_together(threads=3)

    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_one_ring_stands_for_all_jobs_until_a_worker_hears_it(transactional_db: None) -> None:
    redis = Redis.from_url(settings.REDIS_URL)
    # Not the whole database: this process may have declared the queue already, and would not do so again.
    redis.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
    jobs.hear_bell()

    for number in range(5):
        enqueue(f"many {number}")
    assert redis.llen(settings.CELERY_TASK_DEFAULT_QUEUE) == 1

    jobs.hear_bell()
    enqueue("afterwards")
    assert redis.llen(settings.CELERY_TASK_DEFAULT_QUEUE) == 2
