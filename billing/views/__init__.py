"""Billing's pages, a module for each subject."""
