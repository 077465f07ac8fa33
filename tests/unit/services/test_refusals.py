"""Each error has one answer, whichever door it came through."""

from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from hubbub.domain.errors import ErrorCode, Refused, bad_request
from hubbub.domain.text import TextError
from hubbub.markup import MarkupError
from hubbub.services.refusals import refusal_of


def test_a_refusal_is_its_own_answer_and_no_line_in_the_log() -> None:
    with capture_logs() as lines:
        for refused in (bad_request("No."), TextError("name", "No."), MarkupError("No.")):
            assert refusal_of(refused, "command_failed") is refused
            assert (refused.code, refused.message, str(refused.retry_after)) == (ErrorCode.BAD_REQUEST, "No.", "None")
    assert lines == []


def test_storage_that_is_away_may_be_tried_again() -> None:
    with capture_logs() as lines:
        refused = refusal_of(OperationalError("SELECT secret", {}, Exception("gone")), "command_failed")
    assert (refused.code, refused.retry_after) == (ErrorCode.UNAVAILABLE, 1)
    assert "secret" not in refused.message
    assert [(line["event"], line["error"]) for line in lines] == [("storage_unavailable", "gone")]


def test_any_other_error_is_a_fault_of_ours_and_logged_with_its_traceback() -> None:
    fault = RuntimeError("secret")
    with capture_logs() as lines:
        refused = refusal_of(fault, "command_failed", command="Post")
    assert isinstance(refused, Refused)
    assert (refused.code, refused.retry_after) == (ErrorCode.INTERNAL, None)
    assert "secret" not in refused.message
    (line,) = lines
    assert (line["event"], line["command"], line["exc_info"]) == ("command_failed", "Post", fault)
