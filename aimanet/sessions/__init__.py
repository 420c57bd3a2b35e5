"""Sessions: recordings of video, time stamps and signals that survive everything.

`aimanet.sessions.layout` tells what a session's folder holds.
"""
