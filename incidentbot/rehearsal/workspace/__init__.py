"""A local Slack workspace: Web API, Socket Mode and a page, with its state in memory.

It stands in for Slack in rehearsals and tests and knows nothing of the bot. A client cannot tell
it from Slack by the things listed as covered; where Slack's own behaviour is not published, the
comment beside the code says what was chosen.

Covered
- 91 Web API methods (`methods/`) over POST or GET, as form, multipart, JSON, or a JSON content
  type with an empty body; HTTP 200 with `ok` and Slack's error codes; scopes per method and kind
  of conversation; token kinds, revoked ones; rate limits per tier (HTTP 429, Retry-After) and
  about one post per second and channel; cursors; warnings.
- Channels: names, name_taken with archived ones, invitations with and without `force`, topic and
  purpose of 250, archive, rename, private channels that outsiders cannot see, direct messages,
  group messages, channels shared with another organisation (Slack Connect).
- Messages: threads with counts and tombstones, metadata, edits, ephemeral and scheduled ones,
  pins, reactions, bookmarks, files in three steps, permalinks, `link_names` and `parse: full`,
  links unfurled by their app; user groups, canvases, calls; streams and assistants' status.
- People: admins, guests of one or several channels, members of another organisation; preferences
  of the admins and limits of the plan (`state/preferences.py`).
- OAuth v2 with its page, token rotation, an organisation with several workspaces (`team_id` where
  it is required, payloads without a team, access granted and taken away).
- Block Kit checks with JSON pointers: limits, required fields, unknown properties, twin ids.
- Modals: triggers (three seconds, one use), a stack of three, hashes, external ids, values that
  survive an update, files and formatted text, Home tabs. External selects ask the app
  (block_suggestion), and only what was offered can be chosen.
- Socket Mode: single-use tickets, hello, pings, up to ten connections, each envelope to one of
  them, acks within three seconds, redelivery of events with the same envelope_id, a queue while
  nobody is connected, warnings and disconnects, sockets that die silently.
- Signed HTTP (`posting.py`) instead: url_verification, three retries with number and reason,
  x-slack-no-retry, two redirects, nothing two hours late, subscriptions switched off when nearly
  everything fails; app_rate_limited. Incoming webhooks. Slack's status page.
- Events of everything above for members; slash commands, block_actions, view_submission with all
  response_actions, view_closed, both kinds of shortcut; response_url (five uses, thirty minutes).
- /control/: faults, mishaps of events (lost, doubled, twinned, late, swapped), a journal, waiting
  for calls, outage, latency, disconnects, repeated deliveries, kills at a chosen call, a clock
  that can be moved, acting as a person, setting up app, people and rules, resets, all state as
  JSON. `GET /control/` lists it all; docs/workspace.md tells how to use it for any bot.

Not covered
- One app may be installed once: in a workspace or in its organisation. Two workspaces that know
  nothing of each other are two of these programs. User tokens (xoxp). Delayed Events.
- Lists, workflows, presence beyond "active", work objects; file_created.
- Bare URLs in an app's text stay as typed; Slack stores them in angle brackets.
- The newest blocks other than those in `blocks/recent.py`.
"""
