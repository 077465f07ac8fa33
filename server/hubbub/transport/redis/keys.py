"""Names in Redis. What belongs to one partition shares a hash tag, so that on a cluster it shares a node."""

from zlib import crc32

from hubbub.commands import AnyWrite
from hubbub.domain.events import THREAD, Topic, thread_topic

PARTITIONS = 16  # enough for more workers than one PostgreSQL can feed; a power of two splits evenly
GROUP = "workers"


def partition_of(command: AnyWrite) -> int:
    """The partition of a command: commands about one thing share a partition, and so an order."""
    return partition_of_name(command.subject.order)


def partition_of_name(name: str) -> int:
    """The partition of a name: of a thread, or of a web node's answers."""
    return crc32(name.encode()) % PARTITIONS


def stream(partition: int, *, priority: bool) -> str:
    """The stream of a partition's commands; moderators' have one of their own."""
    return f"hubbub:{{p{partition}}}:{'priority' if priority else 'commands'}"


def answers(node: str) -> str:
    """The channel on which a web node gets its answers."""
    return f"hubbub:{{p{partition_of_name(node)}}}:answers:{node}"


def topic_name(topic: Topic) -> str:
    """A topic in names and messages. A thread's is its bare id, as it was before there were other topics: older nodes
    read and write that."""
    return topic.name if topic.kind == THREAD else str(topic)


def topic_of(name: str) -> Topic:
    """The topic that `topic_name` names."""
    kind, separator, rest = name.partition(":")
    return Topic(kind, rest) if separator else thread_topic(name)


def partition_of_topic(topic: Topic) -> int:
    """The partition of a topic's events; a thread's is that of its commands."""
    return partition_of_name(topic_name(topic))


def events(topic: Topic) -> str:
    """The channel of a topic's live events."""
    return f"hubbub:{{p{partition_of_topic(topic)}}}:events:{topic_name(topic)}"


def watching(topic: Topic) -> str:
    """The hash of how many readers each node has of a topic."""
    return f"hubbub:{{p{partition_of_topic(topic)}}}:watching:{topic_name(topic)}"


BEATS = "hubbub:{workers}:beats"  # hash: what each worker has counted to
LEASES = "hubbub:{workers}:leases"  # hash: which worker reads a partition
