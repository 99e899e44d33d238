"""The ways out: boto3, HTTP, a proxy's socket, and what the bot itself does."""
