"""`incidentbot watch` as a prober among others: an adapter for side-by-side measurements."""
