"""Fetches from servers: guarded addresses, limits, repetition, error messages."""
