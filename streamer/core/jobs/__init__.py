"""Jobs: the wanted state (specs), the actual state (the transition table), and the actions between them."""
