"""Connections to PostgreSQL through psycopg 3.

Nothing here outlives its transaction: no settings of the session, no prepared statements, no start-up options. So
PgBouncer may stand between in transaction mode, and what is set is in force behind it as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event

T = TypeVar("T")

# Of the transport, not of the session: a peer that vanished is noticed within some 5 s even while nothing is sent.
_CONNECT: dict[str, object] = {
    "connect_timeout": 3,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000,  # ms
    "application_name": "hubbub",
}


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds."""

    locks: float = 3.0  # that a worker waits for rows: more than `idle`: a frozen one that holds them loses first
    write: float = 5.0  # that a statement may take
    read: float = 3.0  # the same for reads, all of which take milliseconds: longer means that something is wrong
    idle: float = 2.0  # that PostgreSQL waits for a transaction's next statement; then it frees the rows and hangs up
    silence: float = 1.0  # on top, after which the server counts as gone: it should have ended the statement itself


class _Connection(psycopg.Connection[Any]):
    """A connection that fails when the server is silent for `patience` seconds. Behind a proxy a connection can be dead
    while the proxy still answers; neither TCP nor PostgreSQL's own timeouts notice that."""

    patience: float | None = None

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """See psycopg: waits for what `gen` waits for."""
        return super().wait(gen if self.patience is None else self._hurried(gen, self.patience), interval, timeout)

    def _hurried(self, gen: PQGen[T], patience: float) -> PQGen[T]:
        deadline = monotonic() + patience
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and monotonic() > deadline:
                    self.close()
                    raise psycopg.OperationalError(f"the database said nothing for {patience:g} s")
                wanted = gen.send(ready)
        except StopIteration as done:
            found: T = done.value
            return found


def postgresql_engine(url: URL, *, writing: bool, connections: int, timings: Timings = Timings()) -> Engine:
    """An engine whose transactions begin with their own limits, in one round trip. Parameters in `url` win over ours.

    Reads see one moment (REPEATABLE READ, READ ONLY); writes see what is committed when each statement begins, which
    is what makes "lock, then look" right. Neither begins on a standby, which may be behind.
    """
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        use_native_hstore=False,  # would ask the server about it at the start
        hide_parameters=True,  # an error must not tell what people wrote
        # autocommit: BEGIN is ours, below. prepare_threshold=None: never prepares, see above.
        connect_args={
            **{name: value for name, value in _CONNECT.items() if name not in url.query},
            "autocommit": True,
            "prepare_threshold": None,
        },
    )
    statement = timings.write if writing else timings.read
    # READ WRITE first, for reads too: a standby refuses that. target_session_attrs would not do, as it asks only when a
    # connection is made: PgBouncer changes servers later, and goes on telling what the first one was.
    mode = "READ COMMITTED READ WRITE" if writing else "REPEATABLE READ READ WRITE; SET TRANSACTION READ ONLY"
    begin = f"BEGIN ISOLATION LEVEL {mode}; {_limits(statement, timings.locks, timings.idle)}"

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, args: Sequence[Any], options: dict[str, Any]) -> _Connection:
        connection = _Connection.connect(*args, **options)
        connection.patience = timings.read + timings.silence  # until the first BEGIN: SQLAlchemy asks a few things
        return connection

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        _driver(connection).patience = statement + timings.silence
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "handle_error")
    def on_error(context: ExceptionContext) -> None:
        if context.statement == begin:  # of no use, whatever the reason: a new connection may lead to the primary
            context.is_disconnect = True

    return engine


def lift_timeouts(db: Connection, locks: float) -> None:
    """Lets the transaction under way take as long as it needs, for migrations; it waits `locks` s for a lock, 0 = for
    ever."""
    _driver(db).patience = None
    db.exec_driver_sql(_limits(0, locks, 0))


def _limits(statement: float, locks: float, idle: float) -> str:
    limits = {"statement_timeout": statement, "lock_timeout": locks, "idle_in_transaction_session_timeout": idle}
    return "; ".join(f"SET LOCAL {name} = '{seconds * 1000:.0f}ms'" for name, seconds in limits.items())


def _driver(db: Connection) -> _Connection:
    driver = db.connection.driver_connection
    assert isinstance(driver, _Connection)
    return driver
