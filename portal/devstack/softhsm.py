"""SoftHSM: the system's, else the distribution's packages unpacked under `var/`, which needs no root."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from portal.devstack.failure import StackFailure
from portal.devstack.packages import needs
from portal.devstack.secret import write_secretly

LABEL = "sealport"
MODULE = "libsofthsm2.so"
MEMORY = Path("/dev/shm")  # noqa: S108  # folders in it are made by mkdtemp, for their owner alone
NEEDED_BYTES = 64 * 1024 * 1024
SYSTEM_FOLDERS = (
    "/usr/lib/softhsm",
    "/usr/lib/*/softhsm",
    "/usr/local/lib/softhsm",
    "/opt/homebrew/lib/softhsm",
)


def provision(var: Path, *, cache: Path, throwaway: bool = False) -> dict[str, str]:
    """Makes sure of a token with a PIN of its own; returns the variables to use it. Nothing to run.

    With `throwaway` its files are in memory where there is room for them.
    """
    tool, module = _installed() or _unpacked(cache / "softhsm")
    folder = var / "softhsm"
    configuration, pin = folder / "softhsm2.conf", folder / "pin"
    if not pin.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _make_token_folder(folder / "tokens", in_memory=throwaway)
        configuration.write_text(
            f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n"
            "log.level = ERROR\nslots.removable = false\n"
        )
        generated = secrets.token_hex(8)
        _initialise_token(tool, module, configuration, generated)
        write_secretly(pin, generated)
    return {
        "PKCS11_MODULE": str(module),
        "PKCS11_TOKEN": LABEL,
        "PKCS11_PIN": pin.read_text(),
        "SOFTHSM2_CONF": str(configuration),
    }


def _make_token_folder(folder: Path, *, in_memory: bool) -> None:
    """SoftHSM looks at every file of its token whenever it makes or finds a key: on a disk that is most of its time."""
    if in_memory and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > NEEDED_BYTES:
        for left in MEMORY.glob("sealport-*"):
            with suppress(OSError):  # another's, or one that is just being made
                if (left / "of").readlink().resolve() != left / "tokens":  # its stack was killed
                    shutil.rmtree(left)
        kept = Path(tempfile.mkdtemp(prefix="sealport-", dir=MEMORY))
        (kept / "tokens").mkdir(mode=0o700)
        folder.symlink_to(kept / "tokens")
        (kept / "of").symlink_to(folder)
    else:
        folder.mkdir(mode=0o700)


def forget(var: Path) -> None:
    """Removes what `provision` keeps in memory."""
    kept = (var / "softhsm" / "tokens").resolve().parent
    if kept.parent == MEMORY:
        shutil.rmtree(kept, ignore_errors=True)


def _initialise_token(tool: Path, module: Path, configuration: Path, pin: str) -> None:
    command = [str(tool), "--module", str(module), "--init-token", "--free", "--label", LABEL, "--pin", pin]
    ran = subprocess.run(
        [*command, "--so-pin", secrets.token_hex(8)],
        check=False,
        env={**os.environ, "SOFTHSM2_CONF": str(configuration)},
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        raise StackFailure(f"SoftHSM could not create a token: {(ran.stderr or ran.stdout).strip()}")


def _installed() -> tuple[Path, Path] | None:
    tool = shutil.which("softhsm2-util")
    modules = [path for pattern in SYSTEM_FOLDERS for path in Path("/").glob(f"{pattern[1:]}/{MODULE}")]
    return (Path(tool), modules[0]) if tool and modules else None


def _unpacked(folder: Path) -> tuple[Path, Path]:
    """Downloads and unpacks the packages beside their place, once for the checkout."""
    if not folder.exists():
        if not shutil.which("apt-get"):
            raise StackFailure(
                "SoftHSM was not found: install your distribution's package softhsm2, "
                "or set PKCS11_MODULE, PKCS11_TOKEN and PKCS11_PIN to an HSM of yours."
            )
        unfinished = folder.with_name(f"softhsm.{os.getpid()}")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            _download(unfinished / "packages")
            for package in (unfinished / "packages").glob("*.deb"):
                subprocess.run(["dpkg", "-x", package, unfinished], check=True)
            with suppress(OSError):  # another stack of this checkout was quicker
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder / "usr/bin/softhsm2-util", next(folder.glob(f"usr/lib/**/{MODULE}"))


def _download(folder: Path) -> None:
    """`apt-get download`, with package lists of its own when the system has none that serve."""
    lists = folder.parent / "apt"
    for part in (folder, lists / "lists" / "partial", lists / "cache" / "archives" / "partial"):
        part.mkdir(parents=True)
    own = [
        "-o",
        f"Dir::State::Lists={lists}/lists",
        "-o",
        f"Dir::Cache={lists}/cache",
        "-o",
        "APT::Sandbox::User=root",
    ]
    packages = [package for need in needs("softhsm") for package in need.packages]
    for command in (["download", *packages], [*own, "update"], [*own, "download", *packages]):
        ran = subprocess.run(["apt-get", "-qq", *command], cwd=folder, check=False, capture_output=True, text=True)
        if ran.returncode == 0 and "download" in command:
            shutil.rmtree(lists)
            return
    reason = (ran.stderr.strip() or "apt-get failed").splitlines()[-1]
    raise StackFailure(
        f"SoftHSM could not be downloaded ({reason}). "
        "Connect to the network once, install the package softhsm2, or set PKCS11_MODULE to an HSM of yours."
    )
