"""Slack: one reader of the timeline, and one way in for what people do there.

setup     the app: its manifest and its scopes.
inbound   what Slack sends: listeners (bolt), a row before the ack, then the work.
gestures  what each act of a person does, one file each; blocks is what they are shown.
people    who somebody is, what they may do, how they are asked to come.
channel   an incident's channel: opened, cared for, brought back.
outside   what those outside the channel hear.
outbound  rows that go out: the only part that calls Slack, but for forms that cannot wait.

`projection` turns an entry of the timeline into rows of the outbox, `present` what is in the tables
into what is shown, `service` makes one thing of it all.
"""
