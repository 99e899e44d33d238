"""The fifteen points of a backup that is really usable: one pure judge each, grouped by what they
look at. Facts are read once by `facts`; a fact that could not be read makes its point unknown."""
