"""Workers that are processes of their own and die, stop or lose their database where a test says."""

from __future__ import annotations

import importlib
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connections

from kernel import runner
from sealing.gateways.preflight import sandbox
from tests.waiting import wait_for
from trust.gateways import hsm


@dataclass(frozen=True)
class Point:
    """The moment before or after a call of the function `name` of `module`."""

    module: str
    name: str
    after: bool

    def meet(self, act: Callable[[], object]) -> None:
        """From now on, in this process, `act` whenever the moment comes."""
        owner = importlib.import_module(self.module)
        original = getattr(owner, self.name)

        def met(*arguments: Any, **named: Any) -> Any:
            if not self.after:
                act()
            outcome = original(*arguments, **named)
            if self.after:
                act()
            return outcome

        setattr(owner, self.name, met)


def before(module: str, name: str) -> Point:
    return Point(module, name, after=False)


def after(module: str, name: str) -> Point:
    return Point(module, name, after=True)


_PERFORM = "sealing.actions.perform_seal"
# The life of a seal in a worker, from its first moment to its last.
STEPS = {
    "the job is claimed": before(_PERFORM, "_begin_attempt"),
    "the attempt is on record": after(_PERFORM, "_begin_attempt"),
    "the HSM has signed": after("trust.gateways.hsm", "sign"),
    "the timestamp has come": after("sealing.gateways.engine", "obtain_timestamp"),
    "the sealed file is made": after(_PERFORM, "make_seal"),
    "the sealed file is stored": after(_PERFORM, "_store"),
    "all is written but not committed": after("kernel.outbox", "emit"),
    "it is published": after(_PERFORM, "_publish"),
}


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def pause() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


@dataclass(frozen=True)
class Signatures:
    """Every signature that the HSM of any process made for this test, counted in a file."""

    path: Path

    def count_here(self) -> None:
        """Count what this process makes from now on."""
        original = hsm.sign

        def sign(*arguments: Any) -> bytes:
            signature = original(*arguments)
            with self.path.open("ab") as file:
                file.write(b".")
            return signature

        hsm.sign = sign

    @property
    def number(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


@dataclass
class Worker:
    """A process doing `work`; without any it drains the jobs table once."""

    work: Callable[[], object] = runner.drain
    pid: int = field(init=False)

    def __post_init__(self) -> None:
        connections.close_all()  # what is open at a fork would be shared
        self.pid = os.fork()
        if self.pid:
            return
        code = 1
        try:
            sandbox.cache_clear()  # a sandbox serves one process
            self.work()
            code = 0
        except BaseException:  # noqa: BLE001 - nothing may climb out of a forked test
            traceback.print_exc()
        finally:
            os._exit(code)

    def end(self) -> int:
        """Wait for its end: its exit code, or the negative number of the signal that ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def stopped(self) -> None:
        """Wait until it has stopped itself."""
        assert os.WIFSTOPPED(os.waitpid(self.pid, os.WUNTRACED)[1])

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


def rescue(count: int = 1) -> None:
    """Wait until the leases of the dead have passed, then sweep as beat does."""
    from kernel import jobs

    rescued = 0

    def all_rescued() -> bool:
        nonlocal rescued
        rescued += jobs.sweep()
        return rescued >= count

    wait_for(all_rescued, f"{count} jobs rescued")


@contextmanager
def failing_inserts(table: str, *, condition: str = "true") -> Iterator[None]:
    """Every INSERT into `table` for which `condition` (SQL over NEW) holds fails in the database itself."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fail_this_insert() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'this insert fails'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER fault BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition})"
            " EXECUTE FUNCTION fail_this_insert()"
        )
    try:
        yield
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute(f"DROP TRIGGER fault ON {table}")
            cursor.execute("DROP FUNCTION fail_this_insert()")
