"""Who reads the stream of events from a place on misses none, in whatever order transactions end."""

from __future__ import annotations

import threading
import time

from django.db import connection, transaction

from kernel import clock, outbox
from kernel.stream import BEGINNING, Place, events_after

CUSTOMER = "cus_stream"


def emit(subject: str) -> None:
    outbox.emit("seal.published", now=clock.now(), customer_id=CUSTOMER, subject=subject)


def read(place: Place) -> list[tuple[str, Place]]:
    return [(event.subject, event.place) for event in events_after(place, customer_id=CUSTOMER, limit=10)]


def test_an_event_of_a_slower_transaction_is_not_missed(transactional_db: None) -> None:
    written, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            emit("slow")  # has the lower id, and is seen last
            written.set()
            may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(30)
    emit("quick")
    seen, place = [], BEGINNING
    assert read(place) == []  # a reader that took "quick" now and remembered its id would never see "slow"
    may_end.set()
    thread.join()
    for _ in range(600):  # transactions of other tests in the same server hold the stream up, too
        if found := read(place):
            seen += [subject for subject, _place in found]
            place = found[-1][1]
        if len(seen) == 2:
            break
        time.sleep(0.1)
    assert seen == ["slow", "quick"]
    assert read(place) == []
