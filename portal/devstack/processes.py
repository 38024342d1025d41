"""Children of the stack: each in a session of its own, with a file that tells the next run how to find it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from portal.devstack.failure import StackFailure

ROOT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 15
READY_SECONDS = 60


@dataclass(frozen=True)
class Account:
    """Who a program runs as; by default, whoever starts it."""

    uid: int | None = None
    gid: int | None = None

    @property
    def other_groups(self) -> list[int] | None:
        return None if self.uid is None else []


UNCHANGED = Account()


@dataclass(frozen=True)
class Part:
    """A program to run: how to start it, how to know that it answers, how to stop it."""

    name: str
    title: str
    command: Sequence[str | Path]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account = UNCHANGED


@dataclass(frozen=True)
class Child:
    part: Part
    process: subprocess.Popen[bytes]
    var: Path
    started: float = field(default_factory=time.monotonic)

    def failure(self) -> str | None:
        """Why it is no longer running, or None while it is."""
        code = self.process.poll()
        if code is None:
            return None
        end = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        lines = log_path(self.var, self.part.name).read_text(errors="replace").strip().splitlines()
        return f"{self.part.title} {end}; its last words: {lines[-1] if lines else 'none'}"

    def stop(self) -> None:
        _end_session(self.process.pid, self.part.stop_signal, self.process.poll)
        pid_path(self.var, self.part.name).unlink(missing_ok=True)


def log_path(var: Path, name: str) -> Path:
    return var / "log" / f"{name}.log"


def pid_path(var: Path, name: str) -> Path:
    return var / "run" / f"{name}.json"


@contextmanager
def sole_owner(var: Path) -> Iterator[None]:
    """Holds `var` for this process alone, and first ends what a killed owner left running."""
    for folder in ("run", "log", "stamps"):
        (var / folder).mkdir(parents=True, exist_ok=True)
    with (var / "stack.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = (
                f"The stack of this checkout is already running ({var}). `python -m portal.devstack down` stops it."
            )
            raise StackFailure(message) from error
        end_strays(var)
        write_identity(var, "supervisor", os.getpid(), signal.SIGTERM)
        try:
            yield
        finally:
            pid_path(var, "supervisor").unlink(missing_ok=True)


def is_owned(var: Path) -> bool:
    """Whether a running stack holds `var`."""
    if not (var / "stack.lock").exists():
        return False
    with (var / "stack.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def start(part: Part, var: Path, environment: Mapping[str, str]) -> Child:
    """Starts the program in its own session, its output going to its log. What the operator set wins."""
    with log_path(var, part.name).open("ab") as log:
        process = subprocess.Popen(
            [str(word) for word in part.command],
            env={**environment, **os.environ, **part.environment},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=part.account.uid,
            group=part.account.gid,
            extra_groups=part.account.other_groups,
        )
    write_identity(var, part.name, process.pid, part.stop_signal)
    return Child(part, process, var)


def begin_log(var: Path, name: str) -> None:
    """A fresh log for this run; the one before stays as `.1`."""
    path = log_path(var, name)
    if path.exists():
        path.replace(path.with_suffix(".log.1"))


def wait_until_ready(child: Child, *, seconds: float = READY_SECONDS) -> None:
    give_up = time.monotonic() + seconds
    while not child.part.ready():
        if reason := child.failure():
            raise StackFailure(f"{reason}\nIts log is {log_path(child.var, child.part.name)}")
        if time.monotonic() > give_up:
            raise StackFailure(
                f"{child.part.title} did not answer in {seconds:.0f} s; see {log_path(child.var, child.part.name)}"
            )
        time.sleep(0.02)


def write_identity(var: Path, name: str, pid: int, stop_signal: signal.Signals) -> None:
    identity = {"pid": pid, "boot": _boot(), "ticks": _ticks(pid), "stop_signal": int(stop_signal)}
    pid_path(var, name).write_text(json.dumps(identity))


def known(var: Path) -> list[str]:
    """Names of the parts that are or were running, oldest first."""
    return [path.stem for path in sorted((var / "run").glob("*.json"), key=lambda path: path.stat().st_mtime)]


def living(var: Path, name: str) -> int | None:
    """The process id of a part, if the process that was started under this name still runs."""
    path = pid_path(var, name)
    if not path.exists():
        return None
    identity = json.loads(path.read_text() or "{}")
    same = identity and identity["boot"] == _boot() and identity["ticks"] == _ticks(identity["pid"])
    return int(identity["pid"]) if same and identity["ticks"] else None


def end_strays(var: Path) -> None:
    """Ends the children of a run that was killed, found by process id and start time, and nobody else's."""
    # Newest first: what was started last leans on what was started before.
    for name in reversed(known(var)):
        path = pid_path(var, name)
        identity = json.loads(path.read_text() or "{}")
        if name != "supervisor" and identity and identity["boot"] == _boot():
            pid = identity["pid"]
            # A session keeps its number while one member lives; a leader with another start time is a stranger.
            if _ticks(pid) in {None, identity["ticks"]}:
                _end_session(pid, signal.Signals(identity["stop_signal"]), partial(_poll_stranger, pid))
        path.unlink()


def _poll_stranger(pid: int) -> int | None:
    """Like Popen.poll for a process that is not our child."""
    return None if _ticks(pid) else 0


def _end_session(leader: int, stop_signal: signal.Signals, poll: Callable[[], int | None]) -> None:
    """Asks the leader, waits, then kills whatever is left of its session."""
    if poll() is None:
        with suppress(ProcessLookupError):
            os.kill(leader, stop_signal)
    give_up = time.monotonic() + GRACE_SECONDS
    while poll() is None and time.monotonic() < give_up:
        time.sleep(0.02)
    for pid in _session_members(leader):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    poll()


def _session_members(leader: int) -> list[int]:
    numbers = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [pid for pid in numbers if (stat := _stat(pid)) and stat[3] == str(leader)]


def _ticks(pid: int) -> str | None:
    """When the process started, in clock ticks since boot; None when there is none (a zombie counts as none)."""
    stat = _stat(pid)
    return None if stat is None or stat[0] == "Z" else stat[19]


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat from the third (state) on; the second, the name, may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
