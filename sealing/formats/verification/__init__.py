"""Judging what strangers signed (clause A5); see `engine`."""
