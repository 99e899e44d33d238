"""One file per format of a status page: `recognises(body)` and `parse(body, feed)`."""
