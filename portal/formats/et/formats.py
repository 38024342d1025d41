"""Estonian: digits in groups, 12 000."""

DATETIME_FORMAT = "j. M Y, H:i"
NUMBER_GROUPING = 3
