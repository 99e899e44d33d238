"""Watch storage you do not run; switch away from it safely; write down what happened."""
