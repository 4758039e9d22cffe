"""Fetches from servers: guarded addresses, limits, polite repetition, errors in words."""
