"""The machine: its clock and its disk."""
