"""One file per gesture or family of gestures: what it is called, who may, what it does.

Each has `ACTS`, a tuple of the records of `act`; nothing needs to be registered.
"""
