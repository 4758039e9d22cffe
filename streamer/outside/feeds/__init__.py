"""Follows timetables in files and at URLs, alone or merged, and keeps the last good copy."""
