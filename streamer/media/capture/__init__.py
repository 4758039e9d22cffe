"""Capture: sources, the capture's command, its takes and taps, probing, and what a crash left."""
