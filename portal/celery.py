"""Celery is the doorbell: a message says that there is work, PostgreSQL says which. Configured in the settings."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("sealport", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")
