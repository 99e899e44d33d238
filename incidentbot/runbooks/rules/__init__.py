"""The rules that the guards ask: facts in, a verdict and a sentence out. All of it is pure."""
