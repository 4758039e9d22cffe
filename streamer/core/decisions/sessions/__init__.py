"""Decisions about one session: when, where and whether it takes place, and its consent."""
