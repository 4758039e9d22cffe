"""Decisions about one room: the times of its sessions, and whether it is muted."""
