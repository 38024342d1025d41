"""Whether a part answers, asked the way its users ask."""

from __future__ import annotations

import http
import http.client
from urllib.parse import urlsplit

import psycopg
import redis


def database_answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


def page_answers(url: str) -> bool:
    """Whether GET of the page on this machine says 200."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
