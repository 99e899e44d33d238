"""The way in: what Slack sends is a row before it is acknowledged, and then worked off."""
