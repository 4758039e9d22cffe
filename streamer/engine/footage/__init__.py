"""Indexes what captures write, keeps what sessions need, lets the rest go, and recovers after a crash."""
