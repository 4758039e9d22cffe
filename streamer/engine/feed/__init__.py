"""Reviews new versions of the timetable and applies what is trusted."""
