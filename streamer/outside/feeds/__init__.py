"""Follows timetables in files and at URLs, single or merged, and keeps the last good copy."""
