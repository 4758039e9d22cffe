"""Decisions about the recording of one session."""
