"""What the product does, for whoever asks over HTTP, the live socket or the command line."""
