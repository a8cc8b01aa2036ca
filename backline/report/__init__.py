"""What happened, told to people and to machines; the only room that knows Rich."""
