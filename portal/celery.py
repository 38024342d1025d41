"""Celery is the doorbell: a message says that there is work, PostgreSQL says which."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

import django

django.setup()

from django.conf import settings

from portal.routes import SCHEDULE

app = Celery("sealport")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=2,
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "queue_order_strategy": "round_robin",
    },
    accept_content=["json"],
    task_ignore_result=True,
    task_publish_retry=False,
    task_acks_late=False,  # a lost message costs nothing: the sweeper finds the job
    task_create_missing_queues=True,
    task_default_queue="sealport",
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=10,
    worker_max_tasks_per_child=2_000,
    timezone="UTC",
    enable_utc=True,
    imports=["kernel.tasks"],
    beat_schedule=SCHEDULE,
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
)


@worker_process_init.connect
def _start_with_fresh_connections(**_: object) -> None:
    from django.db import connections

    connections.close_all()
