"""The bot's own web side: is it well, and the documents it wrote."""
