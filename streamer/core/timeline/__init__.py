"""The timeline of a session or a day, for the handover: what happened when, and who decided it."""
