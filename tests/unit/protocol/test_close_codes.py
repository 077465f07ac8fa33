"""The table of close codes is the contract's: clients decide by it whether to come back."""

from hubbub.protocol import close_codes
from hubbub.protocol.close_codes import CLOSE_CODES, CloseCode

CONTRACT = {
    1000: ("normal", False),
    1001: ("going_away", True),
    1002: ("protocol_error", False),
    1007: ("bad_encoding", False),
    1009: ("too_large", False),
    1011: ("internal", True),
    1012: ("restart", True),
    4400: ("too_many_errors", False),
    4401: ("rights_changed", True),
}


def test_codes_are_the_contracts() -> None:
    assert {code.code: (code.name, code.reconnect) for code in CLOSE_CODES} == CONTRACT


def test_codes_and_names_are_unique() -> None:
    assert len({code.code for code in CLOSE_CODES}) == len(CLOSE_CODES)
    assert len({code.name for code in CLOSE_CODES}) == len(CLOSE_CODES)


def test_every_constant_is_in_the_table() -> None:
    constants = [value for value in vars(close_codes).values() if isinstance(value, CloseCode)]
    assert sorted(constants) == sorted(CLOSE_CODES)


def test_every_code_may_be_sent_and_its_name_fits_a_close_frame() -> None:
    # RFC 6455, 7.4: 1005, 1006 and 1015 never travel; 3000-3999 are registered; 5.5: a control frame holds 125 bytes.
    for code in CLOSE_CODES:
        assert 4000 <= code.code <= 4999 or (1000 <= code.code <= 1014 and code.code not in (1004, 1005, 1006))
        assert len(code.name.encode()) <= 123
        assert code.meaning.endswith(".")
