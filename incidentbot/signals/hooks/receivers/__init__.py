"""One file per sender of alerts; the file's name is the `kind` in the configuration."""
