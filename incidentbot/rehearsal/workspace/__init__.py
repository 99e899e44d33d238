"""A local Slack workspace: state, Web API, Socket Mode and a page, all in memory."""
