"""The plan: each session's effective window and permissions at an instant, and the cues that follow."""
