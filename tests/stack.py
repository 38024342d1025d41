"""pytest plugin (`-p tests.stack`): the whole stack as `make demo` runs it, started once for the tests marked `stack`.

Services of its own, because its tests stop and kill them; all such tests run in one worker of xdist, so that there is
one stack. A lease is short, so that what a dead worker left is soon found.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
import urllib3
from xdist.scheduler import LoadScopeScheduling

from portal.devstack import ports, processes, supervisor
from portal.devstack.failure import StackFailure
from tests.waiting import wait_for

OWN_STACKS = {"tests/devstack/test_stack.py"}  # which start others besides
LAST_WORDS = "Ctrl-C stops it all."
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
CONNECTIONS = urllib3.PoolManager(maxsize=16)
SETTINGS = {
    "JOB_LEASE_SECONDS": "5",
    "SEAL_KEY_ALGORITHM": "rsa-2048",
    "VERIFICATIONS_PER_MINUTE": "1000",
    "EGRESS_ALLOWED_NETWORKS": "127.0.0.0/8",
}


@dataclass(frozen=True)
class Answer:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class RunningStack:
    """A running stack: its folder, its address and the demonstration's sign-ins and tokens."""

    var: Path
    url: str
    demo: dict[str, Any]

    def api(self, method: str, path: str, *, token: str | None = None, **named: Any) -> Answer:
        """One request to `/api/v1`, by the demonstration's live token unless told otherwise."""
        headers = {"Authorization": f"Bearer {token or self.demo['api_token']}", **named.pop("headers", {})}
        url = path if path.startswith("http") else f"{self.url}/api/v1{path}"
        answer = CONNECTIONS.request(method, url, headers=headers, retries=False, timeout=90, **named)
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)

    def order(self, content: bytes, *, name: str = "document.pdf", wait: int = 0, **named: Any) -> Answer:
        """POST a document for sealing; `wait` for that many seconds."""
        headers = {**({"Prefer": f"wait={wait}"} if wait else {}), **named.pop("headers", {})}
        fields = {"file": (name, content), **named.pop("fields", {})}
        return self.api("POST", "/seals", fields=fields, headers=headers, **named)

    def finished(self, seal_id: str, *, token: str | None = None, seconds: float = 60) -> dict[str, Any]:
        """Wait until a seal has reached an end, and return it."""

        def end() -> dict[str, Any] | None:
            seal: dict[str, Any] = self.api("GET", f"/seals/{seal_id}", token=token).json
            return seal if seal["status"] in {"sealed", "refused", "failed"} else None

        found = wait_for(end, f"{seal_id} has ended", seconds=seconds)
        assert found is not None
        return found

    def used(self, *, token: str | None = None) -> int:
        """Seals used in this period, as the API tells."""
        used: int = self.api("GET", "/usage", token=token).json["used"]
        return used

    def manage(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a documented command against this stack."""
        return self.python("manage.py", *words)

    def python(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run Python with the settings of this stack."""
        return subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=processes.ROOT,
            env=_environment(self.var),
            capture_output=True,
            text=True,
            check=False,
        )

    def variables(self) -> dict[str, str]:
        """What the stack provides: addresses, secrets."""
        return dict(supervisor.read_variables(self.var))

    def database(self) -> psycopg.Connection[Any]:
        """As the owner of the tables: the application's own role may not do all that tests do."""
        return psycopg.connect(self.variables()["DATABASE_OWNER_URL"], autocommit=True)

    def count(self, statement: str, *parameters: object) -> int:
        """The number that an SQL statement says."""
        with self.database() as database:
            row = database.execute(statement, parameters).fetchone()  # type: ignore[arg-type]  # a literal of the test
        assert row is not None
        return int(row[0])

    def process(self, part: str) -> int:
        """The process id of a part."""
        pid = processes.living(self.var, part)
        assert pid is not None, f"{part} does not run"
        return pid

    def children(self, part: str) -> list[int]:
        """Process ids of the processes that a part has forked."""
        path = Path(f"/proc/{self.process(part)}/task/{self.process(part)}/children")
        return [int(word) for word in path.read_text().split()]

    def kill(self, part: str) -> None:
        """End a part as a crash does; the stack starts it again."""
        os.kill(self.process(part), signal.SIGKILL)

    def is_well(self) -> bool:
        """Whether every part runs and answers."""
        parts = supervisor.status(self.var)
        return {"web", "worker", "beat"} <= parts.keys() and all(parts.values())

    def wait_until_well(self) -> None:
        wait_for(self.is_well, "every part of the stack answers", seconds=90)

    def invariants_hold(self) -> None:
        checked = self.manage("check_invariants")
        assert checked.returncode == 0, checked.stderr


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return OneStack(config, log)


class OneStack(LoadScopeScheduling):
    """Every test goes to whichever worker is free, but those of the stack to one, and those that share a file's work.

    xdist's own groups write into a private attribute of items that pytest no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path in OWN_STACKS:
            return path
        text = _text(path)
        return "stack" if "mark.stack" in text else path if 'scope="module"' in text else nodeid


@cache
def _text(path: str) -> str:
    return Path(path).read_text()


def pytest_sessionstart() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        corpus_outcomes().unlink(missing_ok=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What became of each document of the corpus."""
    if not (table := corpus_outcomes()).exists():
        return
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    terminalreporter.section("the corpus through the API")
    for name, outcome, seconds in rows:
        terminalreporter.line(f"{outcome:22s} {float(seconds):5.2f} s  {name}")
    counts = Counter(outcome for _name, outcome, _seconds in rows)
    terminalreporter.line(", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))


def corpus_outcomes() -> Path:
    """The table of what became of each document, which outlives the run."""
    return Path(os.environ["SEALPORT_VAR"]).parent / "corpus-outcomes.tsv"


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """The running stack, with the demonstration customer."""
    run = Path(os.environ["SEALPORT_VAR"])
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with running_stack(run.with_name(f"{run.name}-stack-{worker}")) as started:
        yield started


@contextmanager
def running_stack(var: Path, *, durable: bool = False, **settings: str) -> Iterator[RunningStack]:
    """A whole stack in a folder of its own, which is removed at the end; `durable` as in production."""
    with processes.sole_owner(var):  # which ends what a killed run left there
        shutil.rmtree(var)
    var.mkdir()
    said = var / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.stack", *(["durable"] if durable else [])],
            cwd=processes.ROOT,
            env=_environment(var) | SETTINGS | settings,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: LAST_WORDS in said.read_text() or process.poll() is not None, "the stack is up", seconds=150)
        assert process.poll() is None, said.read_text()
        demo = json.loads((var / "demo.json").read_text())
        yield RunningStack(var, demo["base_url"], demo)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(var, ignore_errors=True)


def _environment(var: Path) -> dict[str, str]:
    """Without what the tests' own services have put into the environment."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "SEALPORT_VAR": str(var)}


def _end_with_the_tests() -> None:
    """Wait until whoever started this is gone, however it went."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    var = Path(os.environ["SEALPORT_VAR"])
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    try:
        supervisor.up(
            var,
            port=ports.claim(var, "web"),
            services_only=False,
            throwaway="durable" not in sys.argv,
            announce=lambda line: print(line, flush=True),
        )
    except StackFailure as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
