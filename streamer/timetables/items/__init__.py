"""The common part of all formats: from a feed's item to a session, with text, zones, breaks and remarks."""
