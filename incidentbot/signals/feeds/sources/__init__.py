"""One file per API that is asked instead of fetching an address: `read(feed, threads)`."""
