"""The training page: the command line's trainer as a process, and the models it makes."""
