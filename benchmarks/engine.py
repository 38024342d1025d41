"""What a seal costs, in CPU milliseconds and in C: one RSA-2048 signature of the same HSM session in this run.

    .venv/bin/python -m benchmarks.engine [repetitions]

Prints `name value unit`, with the goal where there is one. The HSM is SoftHSM through the product's own gateway; the
timestamp authority is a process of its own behind a socket. Times are never asserted; every kind of output is
checked by the gate, PDFs by pyHanko too.
"""

import asyncio
import io
import itertools
import logging
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from cryptography.hazmat.primitives import serialization
from PIL import Image

from benchmarks.figures import report
from benchmarks.peers import measure_peers
from portal.devstack import softhsm
from sealing.formats.asice import ContainerFile, ContainerSealOptions, SealedContainer, seal_container
from sealing.formats.cades import seal_digest
from sealing.formats.check import check_sealed_pdf
from sealing.formats.check_asice import ExpectedFile, check_asice
from sealing.formats.check_cades import check_detached
from sealing.formats.facts import inspect_pdf
from sealing.formats.frames import read_frame
from sealing.formats.independent import verify_detached_independently, verify_independently
from sealing.formats.keys import SealingKey, ValidationMaterial
from sealing.formats.pades import PdfSealOptions, Prepare, SealedPdf, prepare, seal_pdf
from sealing.formats.sandbox import Sandbox
from sealing.formats.visible import VisibleSeal, qr_modules
from tests.formats.documents import CATALOG, PAGE, PAGES, document_of_size, pdf
from tests.formats.pki import Pki, answer, build_pki, certify, timestamp_token

ALGORITHM = "rsa-2048"
REPEATS = 5
IN_FLIGHT = 16
AUTHORITY_DISTANCE_SECONDS = 0.04
MEBIBYTE = 1 << 20


def cpu_milliseconds(work: Callable[[], object], repetitions: int) -> float:
    """Median over batches of the CPU (user and system) that one call takes in this process."""
    for _ in range(3):
        work()
    batches = []
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(repetitions):
            work()
        batches.append((time.process_time() - began) / repetitions * 1000)
    return statistics.median(batches)


def start_authority(pki: Pki) -> Callable[[bytes], bytes]:
    """A timestamp authority in a child process; each call is one round trip over a socket."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        while imprint := theirs.recv(32):
            token = timestamp_token(pki.authority, imprint, pki.now)
            theirs.sendall(len(token).to_bytes(4, "big") + token)
        os._exit(0)
    theirs.close()

    def timestamp(imprint: bytes) -> bytes:
        ours.sendall(imprint)
        return read_frame(ours.fileno(), time.monotonic() + 10)

    return timestamp


class Bench:
    """One key in the HSM, one authority, and the folder where seals are made."""

    def __init__(self, folder: Path) -> None:
        from trust.gateways import hsm

        self.folder = folder
        self.numbers = itertools.count()
        self.pki = build_pki()
        self.timestamp = start_authority(self.pki)
        public = serialization.load_der_public_key(hsm.generate_key_pair("bench", ALGORITHM))
        self.certificate = certify("Bench", public, issuer=self.pki.seal_issuer, now=self.pki.now)
        self.sign = lambda message: hsm.sign("bench", ALGORITHM, message)
        self.key = SealingKey(self.certificate, (self.pki.seal_issuer.der,), ALGORITHM, self.sign)
        usual = self.pki.material()
        ocsp = answer(self.certificate, self.pki.seal_issuer, self.pki.seal_responder, self.pki.now)
        self.material = ValidationMaterial(
            (self.certificate, *usual.certificates[1:]), (ocsp, usual.ocsps[1]), usual.crls
        )

    def new_path(self) -> Path:
        return self.folder / f"{next(self.numbers)}.pdf"

    def document(self, content: bytes) -> Path:
        path = self.new_path()
        path.write_bytes(content)
        return path

    def seal(
        self, source: Path, level: str, how: Prepare = prepare, visible: VisibleSeal | None = None
    ) -> tuple[Path, SealedPdf]:
        target = self.new_path()
        options = PdfSealOptions(level, self.pki.now, visible=visible)
        result = seal_pdf(
            source=source,
            target=target,
            key=self.key,
            timestamp=self.timestamp,
            material=lambda: self.material,
            options=options,
            prepare=how,
        )
        return target, result

    def seal_into_container(self, source: Path, level: str) -> tuple[Path, SealedContainer]:
        target = self.new_path()
        result = seal_container(
            files=[ContainerFile("document.bin", "application/octet-stream", source)],
            target=target,
            key=self.key,
            timestamp=self.timestamp,
            material=lambda: self.material,
            options=ContainerSealOptions(level, self.pki.now),
        )
        return target, result

    def check_container(self, sealed: tuple[Path, SealedContainer], size: int, level: str) -> None:
        path, result = sealed
        check_asice(
            sealed=path,
            files=[ExpectedFile("document.bin", size, result.sha256[0])],
            certificate=self.certificate,
            level=level,
            trust_anchors=self.pki.anchors,
            timestamped_between=(self.pki.now - timedelta(seconds=5), self.pki.now + timedelta(seconds=5)),
            known_certificates=(self.pki.seal_issuer.der, self.pki.time_issuer.der),
        )

    def check(self, sealed: tuple[Path, SealedPdf], level: str, visible: VisibleSeal | None = None) -> None:
        path, result = sealed
        checked = check_sealed_pdf(
            sealed=path,
            original_size=result.original_size,
            original_sha256=result.original_sha256,
            certificate=self.certificate,
            level=level,
            trust_anchors=self.pki.anchors,
            timestamped_between=(self.pki.now - timedelta(seconds=5), self.pki.now + timedelta(seconds=5)),
            known_certificates=(self.pki.time_issuer.der,),
            visible=visible,
        )
        assert checked.sha256 == result.sha256

    def assert_valid(self, sealed: tuple[Path, SealedPdf], level: str) -> None:
        self.check(sealed, level)
        (verdict,) = verify_independently(
            sealed[0],
            self.pki.anchors,
            level=level,
            now=datetime.now(UTC),
            known_certificates=(self.pki.time_issuer.der,),
        )
        assert verdict.passed, verdict


def measure_engine(bench: Bench, source: Path, repetitions: int) -> float:
    signature = cpu_milliseconds(lambda: bench.sign(bytes(100)), repetitions * 3)
    report("hsm_signature_rsa_2048", signature, "ms")
    report("authority_round_trip", cpu_milliseconds(lambda: bench.timestamp(bytes(32)), repetitions), "ms")
    for level, goal in (("B-T", 5), ("B-LT", 5), ("B-LTA", 10)):
        name = f"seal_{level.lower().replace('-', '_')}_100_kb"
        cost = cpu_milliseconds(lambda level=level: bench.seal(source, level), repetitions)
        sealed = bench.seal(source, level)
        bench.assert_valid(sealed, level)
        report(name, cost, "ms")
        report(name, cost / signature, "C", goal=goal)
        report(
            f"gate_{level.lower().replace('-', '_')}_100_kb",
            gate_cost(bench, sealed, level, repetitions),
            "ms",
            goal=10,
        )
    return signature


def gate_cost(bench: Bench, sealed: tuple[Path, SealedPdf], level: str, repetitions: int) -> float:
    return cpu_milliseconds(lambda: bench.check(sealed, level), repetitions)


def measure_containers(bench: Bench, source: Path, signature: float, repetitions: int) -> None:
    size = source.stat().st_size
    for level, goal in (("B-T", 4), ("B-LT", 4), ("B-LTA", 8)):
        name = f"asice_{level.lower().replace('-', '_')}_100_kb"
        cost = cpu_milliseconds(lambda level=level: bench.seal_into_container(source, level), repetitions)
        sealed = bench.seal_into_container(source, level)
        gate = cpu_milliseconds(
            lambda sealed=sealed, level=level: bench.check_container(sealed, size, level), repetitions
        )
        report(name, cost, "ms")
        report(name, cost / signature, "C", goal=goal)
        report(f"gate_{name}", gate, "ms", goal=10)


def measure_detached(bench: Bench, signature: float, repetitions: int) -> None:
    digest = bytes(32)

    def seal(level: str) -> bytes:
        made = seal_digest(
            digest=digest,
            key=bench.key,
            timestamp=bench.timestamp,
            material=lambda: bench.material,
            level=level,
            signed_at=bench.pki.now,
        )
        return made.cms

    def check(cms: bytes, level: str) -> None:
        check_detached(
            cms=cms,
            digest_algorithm="sha256",
            digest=digest,
            certificate=bench.certificate,
            level=level,
            for_pdf=False,
            trust_anchors=bench.pki.anchors,
            timestamped_between=(bench.pki.now - timedelta(seconds=5), bench.pki.now + timedelta(seconds=5)),
            known_certificates=(bench.pki.time_issuer.der,),
        )

    for level, goal in (("B-T", 3), ("B-LT", 3), ("B-LTA", 6)):
        name = f"cades_{level.lower().replace('-', '_')}_from_digest"
        cost = cpu_milliseconds(lambda level=level: seal(level), repetitions)
        cms = seal(level)
        check(cms, level)
        report(name, cost, "ms")
        report(name, cost / signature, "C", goal=goal)
        report(f"gate_{name}", cpu_milliseconds(lambda cms=cms, level=level: check(cms, level), repetitions), "ms")
    now = datetime.now(UTC)
    assert verify_detached_independently(cms, digest, bench.pki.anchors, level="B-LT", now=now) == "OK"


def measure_sandbox(bench: Bench, source: Path, repetitions: int) -> None:
    def inspect() -> None:
        with source.open("rb") as stream:
            inspect_pdf(stream)

    report("preflight_in_process_100_kb", cpu_milliseconds(inspect, repetitions), "ms")
    with Sandbox() as sandbox:
        sandbox.inspect_pdf(source)
        process = psutil.Process(sandbox.process_id)

        def everywhere(work: Callable[[], object]) -> float:
            before, began = process.cpu_times(), time.process_time()
            for _ in range(repetitions * REPEATS):
                work()
            after = process.cpu_times()
            spent = time.process_time() - began + sum(after[:4]) - sum(before[:4])
            return spent / (repetitions * REPEATS) * 1000

        report("preflight_in_sandbox_100_kb", everywhere(lambda: sandbox.inspect_pdf(source)), "ms")
        cost = everywhere(lambda: bench.seal(source, "B-LT", sandbox.prepare))
        bench.assert_valid(bench.seal(source, "B-LT", sandbox.prepare), "B-LT")
        report("seal_b_lt_100_kb_prepared_in_sandbox", cost, "ms")
        for name, visible in shown():
            cost = everywhere(lambda visible=visible: bench.seal(source, "B-LT", sandbox.prepare, visible))
            sealed = bench.seal(source, "B-LT", sandbox.prepare, visible)
            report(f"seal_b_lt_100_kb_showing_{name}", cost, "ms")
            gate = cpu_milliseconds(
                lambda sealed=sealed, visible=visible: bench.check(sealed, "B-LT", visible), repetitions
            )
            report(f"gate_b_lt_100_kb_showing_{name}", gate, "ms")


def shown() -> list[tuple[str, VisibleSeal]]:
    """A seal that shows its text, and one that shows everything: the logo is a PNG of 600 by 240 pixels."""
    logo = io.BytesIO()
    Image.linear_gradient("L").resize((600, 240)).convert("RGBA").save(logo, "PNG")
    text = VisibleSeal(page=-1, text="Sealed by UAB Žuvėdra\n2026-11-23 07:15:30 +02:00")
    modules = qr_modules("https://seal.example/verify/")
    return [("text", text), ("all", replace(text, logo=logo.getvalue(), modules=modules))]


def measure_pyhanko(bench: Bench, source: Path, signature: float, repetitions: int) -> None:
    from benchmarks.pyhanko_seal import seal_with_pyhanko

    def seal() -> bytes:
        return asyncio.run(seal_with_pyhanko(source, bench.key, bench.timestamp, bench.material, bench.pki.anchors))

    path = bench.document(seal())
    (verdict,) = verify_independently(path, bench.pki.anchors, level="B-LT", now=datetime.now(UTC))
    assert verdict.passed, verdict
    cost = cpu_milliseconds(seal, max(2, repetitions // 10))
    report("pyhanko_b_lt_100_kb", cost, "ms")
    report("pyhanko_b_lt_100_kb", cost / signature, "C")


def measure_objects(bench: Bench, repetitions: int) -> None:
    objects = [CATALOG, PAGES, PAGE, b"<</Length 0>>\nstream\n\nendstream"]
    objects += [b"<</Type/Foo/N %d/Next 3 0 R>>" % number for number in range(12_000)]
    source = bench.document(pdf(objects))
    cost = cpu_milliseconds(lambda: bench.seal(source, "B-LT"), max(2, repetitions // 20))
    sealed = bench.seal(source, "B-LT")
    bench.assert_valid(sealed, "B-LT")
    report("seal_b_lt_12000_objects", cost, "ms", goal=150)
    report("gate_b_lt_12000_objects", gate_cost(bench, sealed, "B-LT", max(2, repetitions // 20)), "ms")


def measure_in_flight(bench: Bench, source: Path, repetitions: int) -> None:
    """One process whose authority is 40 ms away: requests are in flight together, the HSM is asked one at a time."""
    near, count, stamping = bench.timestamp, repetitions * 4, threading.Lock()

    def far(imprint: bytes) -> bytes:
        time.sleep(AUTHORITY_DISTANCE_SECONDS)
        with stamping:  # one socket leads to the authority
            return near(imprint)

    bench.timestamp = far
    began = time.monotonic()
    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        sealed = list(threads.map(lambda _: bench.seal(source, "B-LT"), range(count)))
    report("seals_per_second_authority_40_ms_away", count / (time.monotonic() - began), "seals/s", goal=150)
    bench.timestamp = near
    for each in sealed[:: max(1, count // 8)]:
        bench.check(each, "B-LT")


def measure_large(bench: Bench) -> None:
    size = 100 * MEBIBYTE
    source = bench.document(pdf([CATALOG, PAGES, PAGE, b"<</Length %d>>\nstream\n%s\nendstream" % (size, bytes(size))]))
    peak_memory()
    before = peak_memory()
    began = time.process_time()
    sealed = bench.seal(source, "B-LT")
    cost = (time.process_time() - began) * 1000
    report("seal_b_lt_100_mb", cost, "ms", goal=200)
    report("seal_b_lt_100_mb_memory", (peak_memory() - before) / MEBIBYTE, "MiB", goal=20)
    began = time.process_time()
    bench.check(sealed, "B-LT")
    report("gate_b_lt_100_mb", (time.process_time() - began) * 1000, "ms")


def measure_large_container(bench: Bench) -> None:
    source, size = bench.new_path(), 100 * MEBIBYTE
    with source.open("wb") as stream:
        stream.truncate(size)
    peak_memory()
    before = peak_memory()
    began = time.process_time()
    sealed = bench.seal_into_container(source, "B-LT")
    report("asice_b_lt_100_mb", (time.process_time() - began) * 1000, "ms")
    report("asice_b_lt_100_mb_memory", (peak_memory() - before) / MEBIBYTE, "MiB", goal=20)
    began = time.process_time()
    bench.check_container(sealed, size, "B-LT")
    report("gate_asice_b_lt_100_mb", (time.process_time() - began) * 1000, "ms")


def peak_memory() -> int:
    """The peak of this process's memory since the last call, in bytes."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def main(repetitions: int = 100) -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "var").mkdir()
        cache = Path("var/cache").absolute()
        os.environ.update(softhsm.provision(root / "var", cache=cache), SEALPORT_VAR=str(root / "var"))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        bench = Bench(root)
        source = bench.document(document_of_size(100_000))
        signature = measure_engine(bench, source, repetitions)
        measure_containers(bench, source, signature, repetitions)
        measure_detached(bench, signature, repetitions)
        measure_sandbox(bench, source, repetitions)
        measure_pyhanko(bench, source, signature, repetitions)
        measure_peers(source, signature, repetitions)
        measure_in_flight(bench, source, repetitions)
        measure_objects(bench, repetitions)
        measure_large(bench)
        measure_large_container(bench)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
