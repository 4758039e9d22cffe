"""How commands are called, print and show progress."""
