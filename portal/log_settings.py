"""What is logged, and how loudly: one line each, with the number of its request."""

from __future__ import annotations

from typing import Any

from portal import environment as env

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"}},
    "filters": {"request": {"()": "kernel.requests.RequestLogFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "pyhanko": {"level": "ERROR"},
        "pyhanko_certvalidator": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},  # what is no error of ours has its line already
        "stripe": {"level": "ERROR"},  # a refused card is told to its customer
        "celery.worker.strategy": {"level": "WARNING"},  # a line for each ring of the bell tells nothing
        "celery.app.trace": {"level": "WARNING"},
    },
}
