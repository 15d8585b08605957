"""The version of this firmware, as the API and the log's header show it."""

VERSION = "0.1.0"
