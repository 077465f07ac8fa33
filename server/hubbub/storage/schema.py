"""The tables. Times are milliseconds since 1970. Changed only together with a migration."""

from sqlalchemy import DDL, BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, text
from sqlalchemy import event as sqlalchemy_event

metadata = MetaData()

site = Table(
    "site",
    metadata,
    Column("name", String, primary_key=True),
    Column("origins", Text, nullable=False),  # one to a line
    Column("images", Boolean, nullable=False),  # for nodes that know no settings, and decided by what they write
    Column("settings", Text),  # JSON, see SiteSettings
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
    Column("pinned", String),  # a comment's id
    Column("mode", Text),  # JSON, see ThreadMode
    Column("unscored", Integer, nullable=False, server_default="0"),  # votes since the last thread.scored
    Column("closed_at", BigInteger),  # of a closed thread; NULL where an older node closed it
    Column("closed_by", String),  # a name
    Column("closed_by_id", String),
    Column("held", Integer, nullable=False, server_default="0"),  # what ever happened to its held comments
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

seen = Table(  # how far authors have read in threads
    "seen",
    metadata,
    Column("author", String, primary_key=True),
    Column("thread", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

daily = Table(  # comments of each author in a day (UTC, days since 1970), for two days
    "daily",
    metadata,
    Column("author", String, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("comments", Integer, nullable=False),
)

last_post = Table(  # when authors last wrote in threads that have them wait between comments
    "last_post",
    metadata,
    Column("thread", String, primary_key=True),
    Column("author", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
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
    Column("poster", String),
    Column("poster_text", String),
    Column("theme", String),
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
    Column("removed", Boolean, nullable=False),  # decides where `state` says something else: an older node wrote last
    Column(
        "fingerprint", String, nullable=False
    ),  # of the post as it was sent: tells a retry from another use of the id
    Column("state", String),  # NULL: as `removed` says
    Column("state_by", String),  # the id of who decided it
    Column("state_reason", String),
    Column("up", Integer, nullable=False, server_default="0"),  # sums of the rows of `vote`
    Column("down", Integer, nullable=False, server_default="0"),
    Column("reactions", Text),  # JSON: name → how many; NULL: none
    Column("replies", Integer, nullable=False, server_default="0"),  # direct answers that everybody sees
    Index("comment_thread_number", "thread", "number", unique=True),
    Index("comment_tree", "thread", "parent", "number"),
    Index("comment_removed", "author_id", "thread", sqlite_where=text("removed"), postgresql_where=text("removed")),
)

held = Table(  # comments that a rule holds back, and those that were refused then
    "held",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("thread", String, ForeignKey("thread.id"), nullable=False),
    Column("place", Integer, nullable=False),  # in order of writing within the thread
    Column("parent", String),
    Column("author_id", String, nullable=False),
    Column("author_name", String, nullable=False),
    Column("author_website", String),
    Column("author_email", String),
    Column("author_role", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("fingerprint", String, nullable=False),  # as in `comment`
    Column("why", String, nullable=False),  # a Hold, or `delay`
    Column("due", BigInteger),  # when it is let through by itself; NULL: somebody decides
    Column("state", String, nullable=False),  # held, removed, or spam
    Column("state_by", String),  # the id of who refused it
    Column("state_by_name", String),
    Column("state_reason", String),
    Column("folded", String),  # the name as in `author`; NULL: an older node held it
    Index("held_site_state", "site", "state", "at", "id"),
    Index("held_author", "author_id", "thread"),
    Index("held_due", "thread", "due"),
    Index("held_site_folded", "site", "folded"),
    sqlite_with_rowid=False,
)

decided = Table(  # comments that the staff took out of sight; those of an older version's nodes are not there
    "decided",
    metadata,
    Column("comment", String, primary_key=True),  # of `comment` or `held`
    Column("site", String, nullable=False),
    Column("state", String, nullable=False),  # removed, or spam
    Column("at", BigInteger, nullable=False),  # when it was decided
    Column("by", String),  # a name
    Column("by_id", String, nullable=False),
    Index("decided_site_state", "site", "state", "at", "comment"),
    sqlite_with_rowid=False,
)

vote = Table(  # an author's last word on a comment; without a row: none
    "vote",
    metadata,
    Column("author", String, primary_key=True),
    Column("comment", String, primary_key=True),
    Column("value", Integer, nullable=False),  # 1, 0 or -1
    Column("reactions", Text, nullable=False),  # names, with a blank between them
    Column("at", BigInteger, nullable=False),
    Index("vote_comment", "comment"),
    sqlite_with_rowid=False,
)

unscored = Table(  # comments whose sums have changed since the last thread.scored of their thread
    "unscored",
    metadata,
    Column("thread", String, primary_key=True),
    Column("comment", String, primary_key=True),
    sqlite_with_rowid=False,
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
    Column("by", String),  # a name
    Column("by_id", String),
    Column("counts", Text),  # JSON: comment → its counts then, of those that it changed
    sqlite_with_rowid=False,
)

revision = Table(  # the texts that edits replaced
    "revision",
    metadata,
    Column("comment", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),  # of the edit's event
    Column("at", BigInteger, nullable=False),  # when it was replaced
    Column("by", String, nullable=False),  # the id of who did
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

author = Table(  # who has commented on a site
    "author",
    metadata,
    Column("site", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("folded", String, nullable=False),  # the name as names are compared
    Column("email", String),
    Column("website", String),
    Column("role", String, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("comments", Integer, nullable=False),  # that everybody sees
    Column("standing", String),  # NULL: like everybody else
    Column("original", String),  # the first name; NULL: none was given yet
    Index("author_site_folded", "site", "folded"),
    sqlite_with_rowid=False,
)

member = Table(  # a site's staff; one whose tokens were taken back keeps the row
    "member",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, ForeignKey("site.name", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("version", Integer, nullable=False),  # tokens of an older one are refused
    Index("member_site_name_role", "site", "name", "role", unique=True),
)

passkey = Table(  # by which authors sign in
    "passkey",
    metadata,
    Column("id", String, primary_key=True),  # of the credential
    Column("site", String, ForeignKey("site.name", ondelete="CASCADE"), nullable=False),
    Column("author", String, nullable=False),
    Column("name", String, nullable=False),  # the author's, when it was made
    Column("host", String, nullable=False),  # the relying party: that of the page
    Column("key", Text, nullable=False),  # as the authenticator said it, base64url
    Column("sign_count", BigInteger, nullable=False),  # of signatures
    Column("at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("passkey_site_author", "site", "author"),
)

schedule = Table(  # what is due at some time, by the database's clock
    "schedule",
    metadata,
    Column("id", String, primary_key=True),  # such as `close THREAD`: a second plan takes the place of the first
    Column("due", BigInteger, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("payload", Text, nullable=False),  # JSON
)

stamp = Table(  # how often a table was changed, counted by triggers: tells a copy of it in memory when it is outdated
    "stamp",
    metadata,
    Column("name", String, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

_COUNT = (
    "INSERT INTO stamp (name, version) VALUES ({name}, 1) ON CONFLICT (name) DO UPDATE SET version = stamp.version + 1"
)
SQLITE_TRIGGERS = {
    f"{table}_{operation.lower()}": f"CREATE TRIGGER {table}_{operation.lower()} AFTER {operation} ON {table}"
    f" BEGIN {_COUNT.format(name=repr(table))}; END"
    for table in ("site", "member")
    for operation in ("INSERT", "UPDATE", "DELETE")
}
POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN {_COUNT.format(name='TG_TABLE_NAME')}; RETURN NULL; END $$",
    *(
        f"CREATE TRIGGER {table}_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION count_change()"
        for table in ("site", "member")
    ),
)
for _dialect, _statements in (("sqlite", SQLITE_TRIGGERS.values()), ("postgresql", POSTGRESQL_TRIGGERS)):
    for _statement in _statements:
        _made = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]  # so it is in SQLAlchemy
        sqlalchemy_event.listen(metadata, "after_create", _made)
