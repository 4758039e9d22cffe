"""Detached FFmpeg processes: the keeper that parents them, its guard, its client, and the launcher."""
