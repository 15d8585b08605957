"""`make deploy` and what else is done to a board on a cable: docs/deploy.md.

Nothing is imported here.
"""
