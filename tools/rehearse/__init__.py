"""Rehearsals: the whole firmware against faults that are made on purpose, in simulated time.

Nothing is imported here. The modules run on both interpreters; host_tests plays a few of the
cases, `make bench` all of them and a month.
"""
