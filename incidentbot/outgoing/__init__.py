"""Outgoing: other systems follow what we found, by webhook.

follower (one per webhook) -> pending (rows: what is to be said, and what was said) -> sender (one
POST, signed). What is said follows from the present state and from what was said before, so a
receiver that was away hears how things are and not every turn they took; and no more than one
thing waits for each check, however long it is away.
"""
