"""Slack: one reader of the timeline, and one way in for what people do there.

In:  listeners (bolt) -> inbox (a row before the ack) -> gestures (one transaction each).
Out: timeline -> projection (rows in the outbox) -> deliver (the only module that calls Slack):
     ledger takes what may go, sending sends it, settle writes down what came of it, and rooms sees
     to channels that people closed. client, budget, reach and line know how Slack may be called.
"""
