"""Reports status: documents for crew and viewers, announcements, the bus."""
