"""What is checked around each test: nothing is left behind, no program is missing, nothing grows."""
