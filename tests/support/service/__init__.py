"""The service as people run it, in a process of its own, and those who follow it from outside."""
