"""Storage as it is charged: in whole gigabytes (B7)."""

GIGABYTE = 1_000_000_000
"""Bytes, as disks are sold and as people read it."""


def gigabytes(stored: int) -> int:
    """`stored` bytes in gigabytes, rounded up: what is begun counts."""
    return -(-stored // GIGABYTE)
