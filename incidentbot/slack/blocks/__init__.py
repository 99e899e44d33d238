"""Messages as Block Kit: pure functions of what they show. Every text is escaped and cut here."""
