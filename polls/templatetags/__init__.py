"""Filters of the pages about facts."""
