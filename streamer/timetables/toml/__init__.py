"""The timetable in TOML."""
