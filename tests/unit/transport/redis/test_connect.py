"""Which Redis a URL names, and what is said of one that names none."""

import pytest
from redis.asyncio import Redis, RedisCluster

from hubbub.domain.events import thread_topic
from hubbub.settings import BadSetting
from hubbub.transport.redis import keys
from hubbub.transport.redis.connect import connect


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:6379", "begins with redis://"),
        ("http://localhost", "begins with redis://"),
        ("redis+clustered://localhost", "begins with redis://"),
        ("redis+sentinel://:sesame@host:26379", "the service's name at its end"),
        ("redis+cluster://host:6379/3", "a cluster has only one"),
        ("redis+cluster://host:6379,,other", "a host is missing"),
        ("redis+cluster://host:port", "can't be read"),
    ],
)
def test_a_bad_url_is_told_what_a_good_one_looks_like(url: str, said: str) -> None:
    with pytest.raises(BadSetting) as caught:
        connect(url)
    assert said in str(caught.value)
    assert "HUBBUB_REDIS_URL" in str(caught.value)
    assert "sesame" not in str(caught.value)


async def test_each_kind_of_url_names_its_kind_of_redis() -> None:
    for url, kind in {
        "redis://host": Redis,
        "rediss://me:p%40ss@host:1/2": Redis,
        "redis+sentinel://me:p%40ss@one,two:2/service/3": Redis,
        "rediss+cluster://me:p%40ss@one,two:2": RedisCluster,
    }.items():
        server = connect(url)
        assert isinstance(server.client, kind)
        assert server.sharded == (kind is RedisCluster)
        await server.aclose()


def test_what_belongs_to_one_partition_shares_a_hash_tag() -> None:
    for thread in ("a", "b", "c"):
        partition = keys.partition_of_name(thread)
        names = [keys.events(thread_topic(thread)), keys.watching(thread_topic(thread))]
        names += [keys.stream(partition, priority=priority) for priority in (True, False)]
        assert {name[name.index("{") : name.index("}") + 1] for name in names} == {f"{{p{partition}}}"}
