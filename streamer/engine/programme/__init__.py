"""The timetable with the decisions that stand, and the requests for new decisions."""
