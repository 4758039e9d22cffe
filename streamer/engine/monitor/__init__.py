"""What is heard and seen in the rooms while they are captured: meters, conditions, timelines."""
