"""Objects can lie on disk or in any S3-compatible store; encrypted all the same."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import timedelta

import boto3
import pytest
import urllib3
from django.core.files.storage import InMemoryStorage, default_storage
from moto.server import ThreadedMotoServer
from storages.backends.s3 import S3Storage

from kernel import clock, stored_objects, vault
from portal import environment


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Storage]:
    """A bucket of a real S3 API on loopback, chosen by STORAGE_URL as an operator would."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "tests")
    endpoint = f"http://{host}:{port}"
    urllib3.request("POST", f"{endpoint}/moto-api/reset")  # what it keeps is the process's, not the server's
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="objects")
    monkeypatch.setenv("STORAGE_URL", f"s3://objects?endpoint={endpoint}&region=us-east-1")
    chosen = environment.storage("STORAGE_URL")
    yield S3Storage(**chosen["OPTIONS"])  # type: ignore[arg-type]  # names and texts
    server.stop()


def use(storage: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "default_storage", storage)


@pytest.mark.parametrize("size", [10, 3_000_000, 9_000_000])
def test_an_object_in_s3_is_encrypted_and_comes_back(
    db: None, bucket: S3Storage, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    use(bucket, monkeypatch)
    plain = os.urandom(size // 10) * 10

    stored = vault.write_object("cus_acme", io.BytesIO(plain))

    assert b"".join(vault.read_object("cus_acme", stored.name)) == plain
    assert plain[:10] not in bucket.open(stored.name).read()
    vault.delete_object(stored.name)
    assert not bucket.exists(stored.name)


def test_a_file_on_disk_is_written_through(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    honest = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(descriptor) or honest(descriptor))

    stored = vault.write_object("cus_acme", io.BytesIO(b"x"))

    assert len(synced) == 2  # the file, and the folder that names it
    assert default_storage.exists(stored.name)


def test_a_name_that_is_taken_is_never_written_over(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = InMemoryStorage()
    use(storage, monkeypatch)
    monkeypatch.setattr(vault, "new_id", lambda prefix: f"{prefix}_same")
    monkeypatch.setattr(vault, "_customer_key", lambda customer_id: bytes(32))
    first = vault.write_object("cus_acme", io.BytesIO(b"first"))
    with pytest.raises(vault.Tampered):
        vault.write_object("cus_acme", io.BytesIO(b"second"))

    assert b"".join(vault.read_object("cus_acme", first.name)) == b"first"


def test_objects_are_listed_in_s3_as_on_disk(db: None, bucket: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    use(bucket, monkeypatch)
    monkeypatch.setattr(stored_objects, "default_storage", bucket)
    before = clock.now() - timedelta(seconds=5)
    assert stored_objects.owners() == []
    names = {vault.write_object(owner, io.BytesIO(b"x")).name for owner in ("cus_acme", "cus_acme", "cus_other")}
    assert stored_objects.owners() == ["cus_acme", "cus_other"]
    found = {name: at for owner in stored_objects.owners() for name, at in stored_objects.objects_of(owner)}
    assert found.keys() == names
    assert all(at >= before for at in found.values())
    assert stored_objects.is_there(min(names))
    assert not stored_objects.is_there("cus_acme/obj_none")


def test_in_a_bucket_every_version_of_a_customer_goes_and_nobody_elses(
    db: None, bucket: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(bucket, monkeypatch)
    bucket.bucket.Versioning().enable()
    kept, deleted, other = (vault.write_object(owner, io.BytesIO(b"x")).name for owner in ("cus_1", "cus_1", "cus_10"))
    vault.delete_object(deleted)  # which leaves the version, and a mark over it
    assert vault.delete_objects("cus_1") == 3
    assert vault.objects_left("cus_1") == vault.delete_objects("cus_1") == 0
    assert [version.object_key for version in bucket.bucket.object_versions.filter(Prefix="cus_1")] == [other]
    assert not bucket.exists(kept)


def test_a_bucket_that_keeps_a_version_back_says_so(
    db: None, bucket: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 answers 200 to a request that deletes many, and names those that it did not delete, such as locked ones."""
    use(bucket, monkeypatch)
    vault.write_object("cus_locked", io.BytesIO(b"x"))
    refused = [{"Errors": [{"Key": "cus_locked/obj", "Code": "AccessDenied", "Message": "locked"}]}]
    monkeypatch.setattr(type(bucket.bucket.object_versions.all()), "delete", lambda _versions: refused)
    with pytest.raises(vault.StorageAway):
        vault.delete_objects("cus_locked")
