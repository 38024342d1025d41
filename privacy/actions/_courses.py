"""Every course: what goes subject by subject."""

from __future__ import annotations

from privacy.actions._content import CONTENT
from privacy.actions._courses_excess import EXCESS
from privacy.actions._courses_inactive import INACTIVE
from privacy.actions._courses_people import PERSON, UNFINISHED
from privacy.actions._retention import Course

COURSES: tuple[Course, ...] = (CONTENT, PERSON, UNFINISHED, INACTIVE, EXCESS)
