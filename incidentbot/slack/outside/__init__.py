"""Those outside the channel: announcements, subscribers, the next update, the digest."""
