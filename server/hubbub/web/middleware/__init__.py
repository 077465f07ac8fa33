"""ASGI middleware: plain classes, so that nothing stands between a handler and its socket."""
