"""How far a new version of the timetable is trusted: suspicion, protection, consent, what is held back."""
