"""Real FFmpeg processes and files, and what is measured in them."""
