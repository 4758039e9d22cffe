"""Figures of this program, each beside a peer measured in the same run: ``python -m bench [NAME …]``.

What is printed is a ratio first and a figure second, for machines differ and ratios travel. Nothing in here is a test:
no figure is asserted anywhere. Runs on loopback, in temporary folders, and leaves nothing behind.
"""
