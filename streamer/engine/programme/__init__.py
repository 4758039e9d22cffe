"""The timetable with the decisions in force, and the requests for new decisions."""
