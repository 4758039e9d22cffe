"""The timetable as the organisers publish it: its values, differences, identity over versions, rooms, merging."""
