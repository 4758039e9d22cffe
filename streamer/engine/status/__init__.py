"""Says what is: documents for crew and viewers, announcements, the bus."""
