"""Privacy for staff."""
