"""Where heads are anchored, one file each, found by its name in the section `audit`.

`async write(options, anchor)` adds one and may be told the same again; IncidentbotError says why
it could not. `read(options)` gives what stands there, where that can be read back, and blocks.
"""
