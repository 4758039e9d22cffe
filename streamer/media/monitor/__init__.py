"""Measures what is heard and seen in the captured rooms, from their segments on the disk; never touches a capture."""
