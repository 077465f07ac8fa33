"""Pages of a publisher's own, on an origin of their own, that embed the comments as docs/embedding.md says."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>{title}</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  {head}
</head>
<body>
  <main>
    <h1>{title}</h1>
    {body}
  </main>
</body>
</html>
"""
ICON = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"  # browsers ask, and a 404 would stand on the console
STORY = "<p>The harbour office has nothing to add to what it said on Monday, and on Monday it said nothing.</p>\n"


class PageHost:
    """A static web server on a free loopback port, for `with`: `put` gives it pages."""

    def __init__(self) -> None:
        self._pages: dict[str, tuple[bytes, dict[str, str]]] = {"/favicon.ico": (ICON, {"Content-Type": "image/gif"})}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def put(self, path: str, html: str, headers: dict[str, str] | None = None) -> str:
        """Serves `html` at `path` from now on; its whole address."""
        self._pages[path] = (html.encode(), headers or {})
        return self.url + path

    def article(
        self, path: str, body: str, *, head: str = "", paragraphs: int = 3, headers: dict[str, str] | None = None
    ) -> str:
        """A page with some text to read, `body` below it; its address."""
        html = PAGE.format(title="News from the harbour", head=head, body=STORY * paragraphs + body)
        return self.put(path, html, headers)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pages = self._pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body, headers = pages.get(urlsplit(self.path).path, (b"", {}))
                self.send_response(200 if body else 404)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing is to be said about it."""

        return Handler


def snippet(host: str, key: str, *, attributes: str = "") -> str:
    """What a publisher puts on a page: the documented lines, for the demo site of the server at `host`."""
    return (
        f'<script type="module" src="{host}/embed.js"></script>\n'
        f'<hubbub-thread site="demo" key="{key}" {attributes}></hubbub-thread>'
    )
