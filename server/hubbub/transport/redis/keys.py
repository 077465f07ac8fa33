"""Names in Redis. What belongs to one partition shares a hash tag, so that on a cluster it shares a node."""

from zlib import crc32

from hubbub.transport.commands import (
    AnyWrite,
    ChangeSite,
    EnsureThread,
    KeepThreads,
    PutSite,
    PutThread,
    RemoveSite,
    UseCode,
)

PARTITIONS = 16  # enough for more workers than one PostgreSQL can feed; a power of two splits evenly
GROUP = "workers"


def partition_of(command: AnyWrite) -> int:
    """Commands of one thread share a partition, and so an order."""
    match command:
        case EnsureThread() | PutThread():
            about = f"{command.site}\n{command.key}"
        case PutSite():
            about = command.site.name
        case ChangeSite() | RemoveSite():
            about = command.name
        case KeepThreads():
            about = command.threads[0]
        case UseCode():
            about = command.code
        case _:
            about = command.thread
    return partition_of_name(about)


def partition_of_name(name: str) -> int:
    """Of a thread's commands and events, and of a web node's answers."""
    return crc32(name.encode()) % PARTITIONS


def stream(partition: int, *, priority: bool) -> str:
    """The stream of a partition's commands; moderators' have one of their own."""
    return f"hubbub:{{p{partition}}}:{'priority' if priority else 'commands'}"


def answers(node: str) -> str:
    """The channel on which a web node gets its answers."""
    return f"hubbub:{{p{partition_of_name(node)}}}:answers:{node}"


def events(thread: str) -> str:
    """The channel of a thread's live events."""
    return f"hubbub:{{p{partition_of_name(thread)}}}:events:{thread}"


def watching(thread: str) -> str:
    """The hash of how many readers each node has of a thread."""
    return f"hubbub:{{p{partition_of_name(thread)}}}:watching:{thread}"


BEATS = "hubbub:{workers}:beats"  # hash: what each worker has counted to
LEASES = "hubbub:{workers}:leases"  # hash: which worker reads a partition
