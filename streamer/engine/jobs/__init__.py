"""Keeps jobs alive: starts, stops, adopts and watches processes."""
