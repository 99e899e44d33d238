"""The app in Slack: its manifest, and which scopes it needs for what."""
