"""Every gesture of the table, done once as a person would; `test_every_gesture` walks through."""
