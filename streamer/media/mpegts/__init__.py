"""MPEG-TS in bytes: packets, parameter sets, and what is left of a damaged file."""
