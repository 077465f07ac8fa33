"""HTTP and WebSocket: the outermost layer, which turns requests into calls of the services."""
