"""The embedded stack as its users meet it: a command that starts, answers, stops, and cleans up after the worst."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import urllib3

from portal.devstack import packages, ports, processes, stack, supervisor
from portal.devstack.failure import StackFailure
from portal.devstack.probes import database_answers, page_answers, redis_answers
from portal.devstack.processes import Part
from tests.devstack.conftest import CACHE, RUN

PATIENCE_SECONDS = 60


@pytest.fixture
def var(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for one stack, which shares downloads and keys; nothing of the test run's own stack is in the way."""
    folder = Path(tempfile.mkdtemp(prefix="stack-", dir=RUN))
    folder.chmod(0o755)
    (folder / "cache").symlink_to(CACHE)
    (folder / "pki-keys").symlink_to(CACHE / "pki-keys")
    for name in stack.read_variables(RUN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEALPORT_VAR", str(folder))
    yield folder
    supervisor.down(folder, announce=print)


def start(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "portal.devstack", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def until_up(running: subprocess.Popen[str]) -> list[str]:
    """What the command says until it waits for Ctrl-C."""
    assert running.stdout
    said = []
    for line in running.stdout:
        said.append(line)
        if "Ctrl-C" in line:
            return said
    raise AssertionError("".join(said))


def eventually(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def services_answer(folder: Path) -> bool:
    variables = stack.read_variables(folder)
    return (
        database_answers(variables["DATABASE_URL"])
        and redis_answers(variables["REDIS_URL"])
        and page_answers(variables["DEVELOPMENT_CA_URL"].removesuffix("/ca") + "/health")
    )


def test_what_a_killed_supervisor_left_is_replaced_and_no_row_is_lost(var: Path) -> None:
    first = start("up", "--services-only")
    until_up(first)
    variables = stack.read_variables(var)
    with psycopg.connect(variables["DATABASE_OWNER_URL"]) as connection:
        connection.execute("create table kept as select 42 as answer")
    orphans = {name: processes.living(var, name) for name in ("postgres", "redis", "pki")}
    first.kill()
    first.wait()
    assert services_answer(var)  # nobody stopped them

    second = start("up", "--services-only")
    until_up(second)
    assert services_answer(var)
    assert stack.read_variables(var) == variables
    assert all(processes.living(var, name) not in {None, pid} for name, pid in orphans.items())
    assert not any(Path(f"/proc/{pid}/exe").exists() for pid in orphans.values())
    with psycopg.connect(variables["DATABASE_OWNER_URL"]) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)

    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE_SECONDS) == 0
    assert not services_answer(var)
    assert processes.known(var) == []


def test_a_part_that_is_killed_is_started_again_where_it_was(var: Path) -> None:
    running = start("up", "--services-only")
    until_up(running)
    victims = [processes.living(var, name) for name in ("redis", "postgres", "pki")]
    for victim in victims:
        os.kill(int(victim or 0), signal.SIGKILL)
    eventually(lambda: not services_answer(var))
    eventually(lambda: services_answer(var))
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert "was ended by SIGKILL" in said
    assert running.returncode == 0


def test_a_second_start_says_that_one_is_running(var: Path) -> None:
    with stack.owned_stack(var), pytest.raises(StackFailure, match="already running"), stack.owned_stack(var):
        pass


def test_a_taken_port_is_one_sentence_and_nothing_is_left_running(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        running = start("up")
        said, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert said == f"Port {port} is taken by another program; choose one with `make demo PORT=8001`.\n"
    assert running.returncode == 1
    assert processes.known(var) == []


def test_the_pki_never_moves_to_another_port(var: Path) -> None:
    port = ports.claim(var, "pki")
    (var / "pki").mkdir()
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(StackFailure, match=f"Port {port} of the development PKI is taken"),
        stack.services(var),
    ):
        pass


def test_a_part_that_the_operator_names_is_not_started(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "TSA_URLS", "PKCS11_MODULE"):
        monkeypatch.setenv(name, "theirs")
    with stack.services(var) as environment:
        assert [name for name in processes.known(var) if name != "supervisor"] == ["redis"]
        assert not {"DATABASE_URL", "TSA_URLS", "DEVELOPMENT_CA_URL", "PKCS11_MODULE"} & environment.keys()


def test_a_stranger_with_a_recorded_process_number_is_left_alone(var: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        try:
            with processes.sole_owner(var):
                processes.write_identity(var, "web", stranger.pid, signal.SIGTERM)
            record = json.loads(processes.pid_path(var, "web").read_text())
            processes.pid_path(var, "web").write_text(json.dumps(record | {"ticks": "1"}))
            with processes.sole_owner(var):
                assert processes.living(var, "web") is None
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_part_that_will_not_run_is_given_up_with_its_reason(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MOST_RESTARTS", 1)
    part = Part("web", "Web server", ("sh", "-c", "sleep 0.2; echo no such table; exit 3"), ready=lambda: True)
    said: list[str] = []
    with stack.owned_stack(var) as running:
        running.start([part])
        with pytest.raises(StackFailure, match="exit code 3; its last words: no such table"):
            supervisor.watch(running, said.append)
    assert len(said) == 1


def test_a_full_disk_is_told_before_anything_is_written(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "NEEDED_BYTES", 2**62)
    with pytest.raises(StackFailure, match="is full"), stack.services(var):
        pass


def test_who_may_not_install_packages_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    said: list[str] = []
    packages.ensure("test", announce=said.append)
    assert said == [
        (
            "Missing system packages. As root: apt-get install "
            "chromium-headless-shell poppler-utils qpdf openssl xmlsec1 unzip gettext"
        )
    ]


def test_the_command_for_a_shell_quotes_what_it_prints(var: Path) -> None:
    with pytest.raises(StackFailure, match=r"start the stack first"):
        supervisor.variables_for_shell(var)
    (var / "stack.json").write_text(json.dumps({"SECRET_KEY": "a'b $(c)"}))
    printed = subprocess.check_output(
        ["sh", "-c", supervisor.variables_for_shell(var) + '; printf %s "$SECRET_KEY"'], text=True
    )
    assert printed == "a'b $(c)"


@pytest.mark.stack
def test_one_command_brings_everything_up_and_ctrl_c_takes_everything_down(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(ports.claim(var, "web")))
    running = start("up")
    said = "".join(until_up(running))
    demo = json.loads((var / "demo.json").read_text())
    for told in (demo["base_url"], demo["owner"]["password"], demo["api_token"]):
        assert told in said
    assert all(supervisor.status(var).values())
    members = {name: processes.living(var, name) for name in ("web", "worker", "beat", "postgres", "redis", "pki")}

    assert f"-F file=@{var}/sample.pdf -o {var}/sample-sealed.pdf {demo['base_url']}/api/v1/seals" in said
    answer = urllib3.request(
        "POST",
        f"{demo['base_url']}/api/v1/seals",
        headers={"Authorization": f"Bearer {demo['api_token']}", "Prefer": "wait=30"},
        fields={"file": ("sample.pdf", (var / "sample.pdf").read_bytes(), "application/pdf")},
        timeout=PATIENCE_SECONDS,
    )
    assert answer.status == 201, answer.data
    assert answer.json()["status"] == "sealed"

    running.send_signal(signal.SIGINT)
    assert running.wait(PATIENCE_SECONDS) == 0
    assert processes.known(var) == []
    assert not [pid for pid in members.values() if Path(f"/proc/{pid}").exists()]
