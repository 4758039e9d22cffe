"""How far a new version of the timetable is trusted: suspicion, protection, consent, holding back."""
