"""Places that objects come from, found by the name of the file. See runbooks.listing."""
