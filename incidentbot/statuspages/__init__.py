"""The public status page: drafted by one person, approved by another, posted once."""
