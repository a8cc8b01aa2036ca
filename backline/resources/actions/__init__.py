"""Things that are done once rather than kept so: handlers, gates, and what a worker kind needs around a switch."""
