"""Capture: sources, the capture's command, its takes and taps, probing, and salvage after a crash."""
