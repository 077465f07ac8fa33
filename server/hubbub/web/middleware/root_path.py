"""Serving below a path: the path is taken off before the routes see it."""

from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """Removes the path prefix `root` from each request. A proxy may have removed it already."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Changes scope["path"]."""
        if scope["type"] in ("http", "websocket") and f"{scope['path']}/".startswith(f"{self._root}/"):
            scope["path"] = scope["path"].removeprefix(self._root) or "/"
        await self._app(scope, receive, send)
