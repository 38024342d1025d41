"""Every course: what goes subject by subject."""

from __future__ import annotations

from privacy.actions._content import CONTENT
from privacy.actions._retention import Course

COURSES: tuple[Course, ...] = (CONTENT,)
