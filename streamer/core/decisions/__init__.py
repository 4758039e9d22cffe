"""The crew's decisions, one module a decision. ``registry`` lists them; everything that offers them reads it there.

A decision is what was decided; an override is the entry of the log that holds it: when, by whom, and whether it was
dropped since. The timetable itself is never edited.
"""
