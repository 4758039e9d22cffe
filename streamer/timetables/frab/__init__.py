"""The frab family: schedule.xml and schedule.json."""
