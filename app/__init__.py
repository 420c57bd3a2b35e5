"""The desktop program around the library."""
