"""Messages to the crew's phones and rooms, through apprise."""
