"""Slack: one reader of the timeline, and one way in for what people do there.

In:  listeners (bolt) -> inbox (a row before the ack) -> gestures (one transaction each).
Out: timeline -> projection (rows in the outbox) -> deliver (the only module that calls Slack).
"""
