"""What stops an update, as a sentence for the person who gave the command."""


class UpdateError(Exception):
    """Nothing more can be done; the text says why, and what to do."""
