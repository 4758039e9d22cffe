"""What is told: the states of sessions and rooms, documents, alarms, disk forecast, invariants."""
