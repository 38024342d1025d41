"""Keeps the stack running until it is told to stop."""

from __future__ import annotations

import json
import os
import shlex
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from portal.devstack import application, ports, processes
from portal.devstack.failure import StackFailure
from portal.devstack.packages import Announce
from portal.devstack.probes import database_answers, page_answers, redis_answers
from portal.devstack.processes import Child
from portal.devstack.stack import Stack, owned_stack, read_variables
from sealing.formats.sample import sample_pdf

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOST_RESTARTS = 5
STEADY_SECONDS = 60
STOP_SECONDS = 90
QUESTIONS: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "postgres": lambda variables: database_answers(variables["DATABASE_URL"]),
    "redis": lambda variables: redis_answers(variables["REDIS_URL"]),
    "pki": lambda variables: page_answers(variables["DEVELOPMENT_CA_URL"].removesuffix("/ca") + "/health"),
    "web": lambda variables: page_answers(variables["BASE_URL"] + "/livez"),
}


def up(var: Path, *, port: int, services_only: bool, announce: Announce, throwaway: bool = False) -> None:
    """Starts everything, says how to use it, and watches it until Ctrl-C or SIGTERM. Raises StackFailure.

    With `throwaway` nothing is made durable and keys come from the checkout's cache.
    """
    try:
        with owned_stack(var, throwaway=throwaway, port=port, announce=announce) as stack, _stoppable():
            if not services_only:
                _require_free(port)
            stack.start_services()
            if services_only:
                announce("`eval $(python -m portal.devstack env)` makes these services a shell's defaults.")
            else:
                _start_application(stack, port, announce)
            announce("Ctrl-C stops it all.")
            watch(stack, announce)
    except KeyboardInterrupt as interrupt:
        announce(f"\nStopped by {interrupt}.")


def down(var: Path, *, announce: Announce) -> None:
    """Stops the stack of this checkout, running or abandoned. Raises StackFailure if it does not end."""
    if supervisor := processes.living(var, "supervisor"):
        os.kill(supervisor, signal.SIGTERM)
    give_up = time.monotonic() + STOP_SECONDS
    while processes.is_owned(var):
        if time.monotonic() > give_up:
            raise StackFailure(f"The stack (process {supervisor}) has not ended in {STOP_SECONDS} s.")
        time.sleep(0.1)
    if var.exists():
        with processes.sole_owner(var):  # which ends what a killed supervisor left
            pass
    announce("The stack is down.")


def watch(stack: Stack, announce: Announce) -> None:
    """Starts again what ends, each time after a longer pause; raises StackFailure when that does not help."""
    restarts: Counter[str] = Counter()
    due: dict[str, float] = {}
    while True:
        for child in list(stack.children):
            name = child.part.name
            if name in due:
                if time.monotonic() >= due[name]:
                    del due[name]
                    stack.replace(child)
            elif reason := child.failure():
                pause = _pause(child, restarts, reason)
                due[name] = time.monotonic() + pause
                announce(f"{reason}\nStarting it again in {pause} s.")
        time.sleep(0.2)


def _pause(child: Child, restarts: Counter[str], reason: str) -> int:
    """How long to wait before the next start: 1, 2, 4, 8, 16 seconds, then no more."""
    name = child.part.name
    restarts[name] = 1 if time.monotonic() - child.started > STEADY_SECONDS else restarts[name] + 1
    if restarts[name] > MOST_RESTARTS:
        raise StackFailure(f"{reason}\nIt was started again {MOST_RESTARTS} times; its log is log/{name}.log")
    return int(2 ** (restarts[name] - 1))


def _require_free(port: int) -> None:
    if not ports.is_free(port):
        raise StackFailure(f"Port {port} is taken by another program; choose one with `make demo PORT=8001`.")


def _start_application(stack: Stack, port: int, announce: Announce) -> None:
    for folder in ("mail", "uploads"):
        (stack.var / folder).mkdir(exist_ok=True)
    variables = {**stack.environment, **os.environ}
    for step in application.steps(variables):
        application.perform(step, stack.var, variables, announce)
    stack.start(application.parts(stack.var, port=port))
    announce(_invitation(stack.var))


def _invitation(var: Path) -> str:
    """How to use what runs, from what the demonstration customer was given."""
    demo = json.loads((var / "demo.json").read_text())
    url, token = demo["base_url"], demo["api_token"]
    header = f"-H 'Authorization: Bearer {token}'"
    sample, sealed = var / "sample.pdf", var / "sample-sealed.pdf"
    sample.write_bytes(sample_pdf())
    people = [(who, demo[who]) for who in ("owner", "member", "staff") if who in demo]
    return "\n".join(
        (
            "",
            f"Sealport      {url}",
            *(f"{who:13} {person['email']}  {person['password']}" for who, person in people),
            f"API token     {token}",
            "",
            (
                f"curl -sS --fail-with-body {header} -H 'Accept: application/pdf'"
                f" -F file=@{sample} -o {sealed} {url}/api/v1/seals"
            ),
            "",
        )
    )


def status(var: Path) -> dict[str, bool]:
    """Each part that was started, and whether it runs and, where it can be asked, answers."""
    variables = read_variables(var)
    return {
        name: processes.living(var, name) is not None and (name not in QUESTIONS or QUESTIONS[name](variables))
        for name in processes.known(var)
    }


def variables_for_shell(var: Path) -> str:
    """Lines for `eval`. Raises StackFailure before the first start."""
    variables = read_variables(var)
    if not variables:
        raise StackFailure(f"There is no {var / 'stack.json'} yet: start the stack first.")
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items()))


@contextmanager
def _stoppable() -> Iterator[None]:
    """Turns the signals that ask for an end into KeyboardInterrupt, once: stopping is not interrupted."""
    for number in STOP_SIGNALS:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)
