"""What stops a command about a board, as a sentence for the person who gave it."""


class DeployError(Exception):
    """Nothing more can be done; the text says why, and what to do."""
