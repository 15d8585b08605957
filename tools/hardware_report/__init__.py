"""What can be asked of a real board over its cable, written into one file to send in."""
