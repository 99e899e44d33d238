"""What vendors say about themselves on their status pages."""
