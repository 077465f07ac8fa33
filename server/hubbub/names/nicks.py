"""Draws friendly names for people who have none yet: two English words, or a star, whose name is the same nearly
everywhere."""

from collections.abc import Iterator
from itertools import islice
from random import SystemRandom

from hubbub.domain.sizes import NAME_CHARS

DRAWN = 3  # that a person may choose from


def _words(text: str) -> list[str]:
    return text.split()


# Neither of people, places or beliefs, nor what anybody could take as a judgement of them.
FIRST = _words(
    "Amber Autumn Azure Breezy Bright Bronze Calm Cheerful Clever Cobalt Copper Coral Cosy Crimson Curious Dapper "
    "Early Easy Fresh Gentle Golden Happy Hazel Humble Indigo Ivory Jade Jolly Keen Kind Lilac Little Lively Lucky "
    "Mellow Merry Mossy Nimble Olive Patient Pearly Plucky Quick Quiet Rosy Ruby Rustic Sandy Scarlet Silver Snowy "
    "Spring Steady Sunny Swift Tidy Velvet Violet Warm Winter Witty Woolly Zesty"
)
SECOND = _words(
    "Acorn Anchor Badger Beacon Birch Bison Brook Cedar Clover Comet Compass Crane Cricket Dolphin Falcon Fern Finch "
    "Firefly Forest Fox Garden Glacier Harbour Hare Heron Ibis Island Jay Kestrel Kite Lantern Lark Lynx Maple Marmot "
    "Meadow Meteor Moth Newt Oak Orchard Osprey Otter Owl Pebble Pine Planet Plover Puffin Quail Raven Ridge River "
    "Robin Sparrow Stork Swallow Thistle Tulip Walnut Willow Wren Yak Zebra"
)
STARS = _words(
    "Achernar Adhara Albireo Alcor Alcyone Aldebaran Algol Alhena Alnair Alnilam Alphard Altair Antares Arcturus "
    "Atria Bellatrix Betelgeuse Canopus Capella Castor Deneb Denebola Diphda Dubhe Elnath Electra Enif Fomalhaut "
    "Gienah Hamal Izar Kochab Larawag Maia Markab Merak Merope Mimosa Mira Mirach Mirfak Mizar Navi Nunki Peacock "
    "Polaris Pollux Procyon Rasalhague Regulus Rigel Sabik Sadr Saiph Scheat Shaula Sirius Spica Suhail Tarazed "
    "Thuban Vega Wezen Zosma"
)
_random = SystemRandom()  # so that nobody can tell who will be offered which


def nicks() -> Iterator[str]:
    """Names without end: two of words, one of a star, and so on."""
    while True:
        yield f"{_random.choice(FIRST)} {_random.choice(SECOND)}"
        yield f"{_random.choice(FIRST)} {_random.choice(SECOND)}"
        yield f"{_random.choice(STARS)} {_random.randrange(2, 100)}"


def like(name: str) -> Iterator[str]:
    """Names without end: one with a number, one with a word behind `name`, then others."""
    longest = NAME_CHARS - max(map(len, SECOND)) - 1
    short = name[:longest].rstrip()
    yield f"{short} {_random.randrange(2, 100)}"
    yield f"{short} {_random.choice(SECOND)}"
    yield from islice(nicks(), 1)
    yield f"{short} {_random.randrange(100, 10_000)}"
    yield from nicks()
