"""Slack text and blocks to safe HTML. Pure: no input, no output, no clock."""
