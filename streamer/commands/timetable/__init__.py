"""``streamer timetable``."""
