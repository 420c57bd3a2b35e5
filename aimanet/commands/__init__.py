"""One file a command: a dataclass ``Options`` for its flags and ``run(options) -> exit status``."""
