"""Indexes captured segments, keeps what sessions need, deletes the rest, and recovers after a crash."""
