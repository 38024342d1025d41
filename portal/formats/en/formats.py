"""English: 23 Nov 2026, 18:43, for readers on every side of an ocean."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
