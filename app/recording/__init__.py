"""Recording from the window: the button, the questions before it, and what is said after it."""
