"""The postmortem: facts gathered, composed into a draft, exported in every format there is."""
