"""Updates over Wi-Fi: the owner's key, the signed archive, and sending it (docs/update.md)."""
