"""One module per examination, found by its name: `TITLE`, `PLACE`, `async examine(ward)`."""
