"""Estonian: digits in groups, 12 000."""

NUMBER_GROUPING = 3
