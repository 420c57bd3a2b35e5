"""What the commands need to talk to a terminal: views, records, the question of a display."""
