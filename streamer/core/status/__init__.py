"""The status: states of sessions and rooms, documents, alarms, disk forecast."""
