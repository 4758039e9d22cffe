"""The crew's decisions, one module for each. ``registry`` lists them; all interfaces derive from it.

An override is the log entry of a decision: when and by whom it was taken, and whether it was dropped. The timetable
itself is never edited.
"""
