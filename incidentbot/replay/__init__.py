"""The past, played through the real detection: what would have opened, when, and what falsely."""
