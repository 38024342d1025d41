import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from sealing.formats.errors import UnsealableDocument
from sealing.formats.revision import RevisionRequest
from sealing.formats.sandbox import Sandbox, SandboxLimits
from tests.formats import bombs
from tests.formats.documents import document_of_size, pdf


@pytest.fixture
def document(tmp_path) -> Path:
    path = tmp_path / "document.pdf"
    path.write_bytes(pdf())
    return path


@pytest.fixture
def heavy(tmp_path) -> Path:
    """Takes seconds to read, and hundreds of mebibytes."""
    path = tmp_path / "heavy.pdf"
    objects = b"".join(b"%010d 00000 n \n" % 15 for _ in range(1_500_000))
    head = b"%PDF-1.7\n"
    table = b"xref\n0 1500000\n" + objects + b"trailer\n<</Size 1500000/Root 1 0 R>>\n"
    path.write_bytes(head + table + b"startxref\n%d\n%%%%EOF\n" % len(head))
    return path


def test_the_sandbox_knows_no_secret_and_no_open_file_of_its_owner(sandbox, document):
    secret = document.with_name("secret")
    with secret.open("w"):
        sandbox.inspect_pdf(document)
        process = psutil.Process(sandbox.process_id)
        assert process.environ().keys() <= {"LC_CTYPE"}
        assert str(secret) not in [each.path for each in process.open_files()]


def test_neither_zombies_nor_descriptors_are_left_after_a_thousand_documents(document, tmp_path):
    hostile = tmp_path / "hostile.pdf"
    hostile.write_bytes(bombs.previous_loop())
    with Sandbox() as sandbox:
        sandbox.inspect_pdf(document)
        process = psutil.Process(sandbox.process_id)
        ours, theirs = psutil.Process().num_fds(), process.num_fds()
        for number in range(1_000):
            if number % 10:
                sandbox.inspect_pdf(document)
            else:
                with pytest.raises(UnsealableDocument):
                    sandbox.inspect_pdf(hostile)
        assert process.children(recursive=True) == []
        assert (psutil.Process().num_fds(), process.num_fds()) == (ours, theirs)
        assert process.pid == sandbox.process_id


@pytest.mark.parametrize(
    "resources",
    [
        SandboxLimits(memory_bytes=200 << 20),
        SandboxLimits(cpu_seconds=1, memory_bytes=4 << 30),
        SandboxLimits(wall_seconds=0.3, memory_bytes=4 << 30),
    ],
    ids=["memory", "CPU", "time"],
)
def test_a_document_that_exceeds_a_limit_is_too_complex_and_the_next_one_is_served(document, heavy, resources):
    with Sandbox(resources=resources) as sandbox:
        sandbox.inspect_pdf(document)
        before = sandbox.process_id
        with pytest.raises(UnsealableDocument) as refusal:
            sandbox.inspect_pdf(heavy)
        assert refusal.value.code == "too_complex"
        assert sandbox.inspect_pdf(document).pages == 1
        assert sandbox.process_id == before


def test_a_sandbox_that_was_killed_is_replaced_without_anybody_noticing(document):
    with Sandbox() as sandbox:
        facts = sandbox.inspect_pdf(document)
        killed = sandbox.process_id
        os.kill(killed, signal.SIGKILL)
        assert sandbox.inspect_pdf(document) == facts
        assert sandbox.process_id != killed
        assert not psutil.pid_exists(killed)


def test_a_sandbox_that_is_killed_while_it_reads_is_replaced(document, heavy):
    with Sandbox(resources=SandboxLimits(wall_seconds=2, memory_bytes=4 << 30)) as sandbox:
        sandbox.inspect_pdf(document)
        killed = sandbox.process_id
        killer = threading.Timer(0.2, os.kill, (killed, signal.SIGKILL))
        killer.start()
        with pytest.raises(UnsealableDocument):
            sandbox.inspect_pdf(heavy)
        killer.join()
        assert sandbox.inspect_pdf(document).pages == 1


def test_the_sandbox_ends_with_its_owner(document):
    sandbox = Sandbox()
    sandbox.inspect_pdf(document)
    process = psutil.Process(sandbox.process_id)
    connection, sandbox._connection = sandbox._connection, None
    connection.close()
    process.wait(timeout=10)
    sandbox.close()


def test_threads_may_share_a_sandbox(tmp_path):
    paths = []
    for number in range(6):
        paths.append(tmp_path / f"{number}.pdf")
        paths[-1].write_bytes(document_of_size(5_000 * (number + 1)))
    sizes: dict[int, int] = {}

    def inspect(number: int) -> None:
        for _ in range(5):
            sizes[number] = sandbox.inspect_pdf(paths[number]).size

    with Sandbox() as sandbox:
        threads = [threading.Thread(target=inspect, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sizes == {number: path.stat().st_size for number, path in enumerate(paths)}


def test_the_wall_limit_does_not_depend_on_the_document_answering(document):
    """A reader that sleeps uses neither CPU nor memory."""
    with Sandbox(resources=SandboxLimits(wall_seconds=0.0)) as sandbox:
        began = time.monotonic()
        with pytest.raises(UnsealableDocument) as refusal:
            sandbox.inspect_pdf(document)
        assert refusal.value.code == "too_complex"
        assert time.monotonic() - began < 30


def test_a_missing_file_is_the_owners_problem(sandbox, tmp_path):
    with pytest.raises(FileNotFoundError):
        sandbox.prepare(tmp_path / "missing.pdf", RevisionRequest())
