"""One file per format of a status page: `parse(body, feed) -> list[Signal]`, never an exception."""
