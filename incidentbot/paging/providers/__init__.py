"""One file for each place that knows who is on call, or that can reach them."""
