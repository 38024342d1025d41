"""A page asks the database for each thing once."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast


@pytest.mark.parametrize("path", ["notices/", "settings/mail/", "settings/contract/", "settings/closing/"])
def test_a_page_asks_nothing_twice(cast: Cast, path: str) -> None:
    client, address = cast.alice.client(), cast.alice.url(path)
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    asked = Counter(query["sql"] for query in captured.captured_queries if query["sql"].startswith("SELECT"))
    assert [sql for sql, times in asked.items() if times > 1] == []
