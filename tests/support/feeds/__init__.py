"""Timetables in every format, and servers that publish them."""
