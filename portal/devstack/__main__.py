"""`python -m portal.devstack up|down|status|env|translations|packages`."""

from __future__ import annotations

import argparse
import errno
import os
import sys

from portal.devstack import application, packages, supervisor
from portal.devstack.failure import StackFailure
from portal.devstack.stack import default_var

COMMANDS = {
    "up": "start everything and stay until Ctrl-C",
    "down": "stop what this checkout runs",
    "status": "say which parts run and answer; exit 1 unless all do",
    "env": "print the variables of the running stack for a shell",
    "translations": "compile the message catalogues",
    "packages": "install the system packages for a purpose, or say which are missing",
}


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return _run(arguments)
    except StackFailure as failure:
        print(failure, file=sys.stderr)
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        print(f"The disk is full ({error.filename})." if full else error, file=sys.stderr)
    return 1


def _run(arguments: argparse.Namespace) -> int:
    var = default_var()
    match arguments.command:
        case "up":
            supervisor.up(var, port=_port(), services_only=arguments.services_only, announce=_announce)
        case "down":
            supervisor.down(var, announce=_announce)
        case "status":
            parts = supervisor.status(var)
            if not parts:
                _announce("Nothing runs here.")
            for name, is_well in parts.items():
                _announce(f"{name:12} {'answers' if is_well else 'does not answer'}")
            return 0 if parts and all(parts.values()) else 1
        case "env":
            _announce(supervisor.variables_for_shell(var))
        case "translations":
            (var / "log").mkdir(parents=True, exist_ok=True)
            (var / "stamps").mkdir(exist_ok=True)
            for step in application.translation_steps():
                application.perform(step, var, {}, _announce)
        case "packages":
            packages.ensure(arguments.purpose, announce=_announce)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m portal.devstack", description="The embedded stack of this checkout."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    parsers = {name: commands.add_parser(name, help=text) for name, text in COMMANDS.items()}
    parsers["up"].add_argument("--services-only", action="store_true", help="PostgreSQL, Redis, SoftHSM and PKI alone")
    parsers["packages"].add_argument("purpose", choices=packages.PURPOSES)
    return parser


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise StackFailure(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def _announce(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
