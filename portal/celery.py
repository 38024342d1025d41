"""Celery is the doorbell: a message says that there is work, PostgreSQL says which. Configured in the settings."""

from __future__ import annotations

import os
from importlib import import_module

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("sealport", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")


@worker_process_init.connect
def prepare_child(**_: object) -> None:
    """Load the engine and start the sandbox in the fresh child, so that the first seal does not wait for them."""
    import_module("sealing.gateways.engine")
    from sealing.gateways import preflight

    preflight.warm_up()
