"""Billing's forms, a module for each subject."""
