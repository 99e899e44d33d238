"""A local Slack workspace: Web API, Socket Mode and a page, with its state in memory.

It stands in for Slack in rehearsals and tests and knows nothing of the bot. A client cannot tell
it from Slack by the things listed as covered; where Slack's own behaviour is not published, the
comment beside the code says what was chosen.

Covered
- 81 Web API methods (`methods/`) over POST or GET, as form, multipart, JSON, or a JSON content
  type with an empty body; HTTP 200 with `ok` and Slack's error codes; scopes per method and kind
  of conversation; token kinds, revoked ones; rate limits per tier (HTTP 429, Retry-After) and
  about one post per second and channel; cursors; warnings.
- Channels: names, name_taken with archived ones, invitations with and without `force`, topic and
  purpose of 250, archive, rename, private channels that outsiders cannot see, direct messages,
  group messages, channels shared with another organisation (Slack Connect).
- Messages: threads with counts and tombstones, metadata, edits, ephemeral and scheduled ones,
  pins, reactions, bookmarks, files in three steps, permalinks; user groups, canvases, calls.
- Block Kit checks with JSON pointers: limits, required fields, unknown properties, twin ids.
- Modals: triggers (three seconds, one use), a stack of three, hashes, external ids, values that
  survive an update, Home tabs.
- Socket Mode: single-use tickets, hello, pings, up to ten connections, each envelope to one of
  them, acks within three seconds, redelivery of events with the same envelope_id, a queue while
  nobody is connected, warnings and disconnects, sockets that die silently.
- Signed HTTP (`posting.py`) instead: url_verification, three retries with number and reason,
  x-slack-no-retry, two redirects. Incoming webhooks. Slack's status page.
- Events of everything above for members; slash commands, block_actions, view_submission with all
  response_actions, view_closed, both kinds of shortcut; response_url (five uses, thirty minutes).
- /control/: faults, mishaps of events (lost, doubled, twinned, late, swapped), a journal, waiting
  for calls, outage, latency, disconnects, repeated deliveries, kills at a chosen call, a clock
  that can be moved, acting as a person, all state as JSON.

Not covered
- OAuth, token rotation, org-wide installs; several workspaces; Delayed Events, the switching off
  of subscriptions that fail, app_rate_limited.
- Lists, workflows, presence beyond "active", unfurling, streams, assistants, work objects.
- External selects (block_suggestion), the newest blocks other than those in `blocks/recent.py`,
  message `parse` and `link_names`.
- Workspace preferences (restricted_action and its kin) and plan limits: order them as faults.
"""
