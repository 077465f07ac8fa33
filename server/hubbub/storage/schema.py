"""The tables. Times are milliseconds since 1970. Changed only together with a migration."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

site = Table(
    "site",
    metadata,
    Column("name", String, primary_key=True),
    Column("origins", Text, nullable=False),  # one to a line
    Column("images", Boolean, nullable=False),
)

thread = Table(
    "thread",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, ForeignKey("site.name"), nullable=False),
    Column("key", String, nullable=False),
    Column("title", String),
    Column("url", String),
    Column("closed", Boolean, nullable=False),
    Column("reason", String),
    Column("epoch", String, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("last_number", Integer, nullable=False),
    Column("comments", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("thread_site_key", "site", "key", unique=True),
)

empty = Table(  # threads in which nothing had happened when they were made: nobody misses those that nobody reads
    "empty",
    metadata,
    Column("thread", String, ForeignKey("thread.id"), primary_key=True),
    Column("site", String, nullable=False),
    Column("seen", BigInteger, nullable=False),  # when it was last read, to the hour
    Index("empty_seen", "seen"),
    Index("empty_site_seen", "site", "seen"),
)

daily = Table(  # comments of each author in a day (UTC, days since 1970), for two days
    "daily",
    metadata,
    Column("author", String, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("comments", Integer, nullable=False),
)

article = Table(
    "article",
    metadata,
    Column("thread", String, ForeignKey("thread.id"), primary_key=True),
    Column("section", String),
    Column("published", BigInteger),
    Column("author", String),
    Column("source", String),
    Column("source_url", String),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
)

comment = Table(
    "comment",
    metadata,
    Column("id", String, primary_key=True),
    Column("thread", String, ForeignKey("thread.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("parent", String),
    Column("author_id", String, nullable=False),
    Column("author_name", String, nullable=False),
    Column("author_website", String),
    Column("author_email", String),
    Column("author_role", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Column("removed", Boolean, nullable=False),
    Column(
        "fingerprint", String, nullable=False
    ),  # of the post as it was sent: tells a retry from another use of the id
    Index("comment_thread_number", "thread", "number", unique=True),
)

handled = Table(  # commands that the transport may bring again, for as long as it may
    "handled",
    metadata,
    Column("request", String, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("answer", Text),  # the refusal, as JSON, that it gets again; NULL: it was carried out
)

dead_letter = Table(  # commands that no transaction could take
    "dead_letter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("command", Text, nullable=False),  # JSON, or as much of it as can be shown
    Column("error", Text, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("thread", String, ForeignKey("thread.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("comment", String),
    Column("reason", String),
    Column("by", String),
    sqlite_with_rowid=False,
)
