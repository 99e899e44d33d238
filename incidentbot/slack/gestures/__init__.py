"""What each command, button and form does: one function each, found in one table per kind."""
