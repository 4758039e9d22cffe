"""Runs the rooms' channels: livestream, slate, ledger, and what players fetch."""
