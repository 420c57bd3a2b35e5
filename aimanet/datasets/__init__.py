"""Public data sets on disk, our own sessions, and the cache of face crops that is made from them.

One file a data set; `base` says what a data set is, `prepare` makes the cache, `store` and
`cached` read it. Nothing is imported here: training reads caches on servers without MediaPipe.
"""
