"""SoftHSM: the system's, else the distribution's packages unpacked under `var/`, which needs no root."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from portal.devstack.failure import StackFailure
from portal.devstack.packages import needs
from portal.devstack.secret import write_secretly

LABEL = "sealport"
MODULE = "libsofthsm2.so"
SYSTEM_FOLDERS = (
    "/usr/lib/softhsm",
    "/usr/lib/*/softhsm",
    "/usr/local/lib/softhsm",
    "/opt/homebrew/lib/softhsm",
)


def provision(var: Path, *, cache: Path) -> dict[str, str]:
    """Makes sure of a token with a PIN of its own; returns the variables to use it. Nothing to run."""
    tool, module = _installed() or _unpacked(cache / "softhsm")
    folder = var / "softhsm"
    configuration, pin = folder / "softhsm2.conf", folder / "pin"
    if not pin.exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "tokens").mkdir(parents=True, mode=0o700)
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
