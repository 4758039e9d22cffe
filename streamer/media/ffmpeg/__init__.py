"""FFmpeg itself: finding it, starting it once, reading its logs, explaining its errors."""
