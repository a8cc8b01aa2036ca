"""The work as the users of each other tool write it."""
