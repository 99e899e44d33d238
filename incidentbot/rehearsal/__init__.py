"""Local stand-ins for the outside world; they know nothing of the bot."""
