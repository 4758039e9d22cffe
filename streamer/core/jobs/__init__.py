"""Jobs: what is wanted (specs), what is (the transition table), and the actions that bring them together."""
