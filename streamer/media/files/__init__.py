"""Recordings as files: cutting, export, stills, analysis."""
