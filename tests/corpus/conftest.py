"""The corpus is named by SEALPORT_CORPUS. Without it there is nothing to test here; named but missing is a failure."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("SEALPORT_CORPUS") else ["test_*.py"]
