"""What the process counts and measures, served at /metrics in Prometheus' text format."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

CONNECTIONS = Gauge("hubbub_connections", "Open live connections")
JOINS = Counter("hubbub_joins", "Threads joined", ["way"])  # snapshot, resume, reset
DELIVERED = Counter("hubbub_events_delivered", "Events written to readers, one for each reader")
COMMIT_SIZE = Histogram(
    "hubbub_commit_batch_commands", "Commands in one transaction", buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500)
)
COMMIT_SECONDS = Histogram("hubbub_commit_seconds", "Time of one transaction, fsync included", buckets=_FAST)
POST_TO_DELIVERY = Histogram(
    "hubbub_post_to_delivery_seconds", "From a comment's arrival to its writing to this node's readers", buckets=_FAST
)
LAGGING = Gauge("hubbub_readers_lagging", "Readers behind the head, being caught up from the log")
CATCH_UPS = Counter(
    "hubbub_catch_up_pages", "Pages of the log sent to readers who were behind", ["source"]
)  # memory, storage
REFUSED = Counter("hubbub_refused", "Requests refused", ["code"])
BACKLOG = Gauge("hubbub_backlog_commands", "Commands that waited in Redis when this node last posted", ["partition"])
BACKLOG_AGE = Gauge("hubbub_backlog_age_seconds", "How long the oldest of them had waited", ["partition"])
DATABASE_BYTES = Gauge("hubbub_database_bytes", "Size of the database")
DISK_FREE_BYTES = Gauge("hubbub_disk_free_bytes", "Room on the disk of an SQLite database")
THREADS = Gauge("hubbub_threads", "Threads stored")
COMMENTS = Gauge("hubbub_comments", "Comments stored, removed ones too")
