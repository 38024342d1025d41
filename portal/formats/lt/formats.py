"""Lithuanian: 12 000,5 and never 12.000,5."""

THOUSAND_SEPARATOR = "\xa0"
