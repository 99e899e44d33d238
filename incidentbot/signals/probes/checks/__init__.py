"""One file per kind of check: `Options` and `async check(options, context) -> Result`."""
