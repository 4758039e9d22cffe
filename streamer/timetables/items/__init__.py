"""What the formats share: from a feed's item to a session, with text, zones, breaks and remarks."""
