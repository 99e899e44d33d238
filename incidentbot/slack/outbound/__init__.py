"""The way out: rows first, then one loop that sends them and writes down what came back."""
