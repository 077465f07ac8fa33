"""How large things may be. The widget's copies are generated from here."""

BODY_CHARS = 10_000
NAME_CHARS = 50
WEBSITE_CHARS = 200
EMAIL_CHARS = 254  # RFC 5321, 4.5.3.1.3
REASON_CHARS = 500
TITLE_CHARS = 300
KEY_CHARS = 500
SITE_CHARS = 63
ARTICLE_CHARS = 60_000
FRAME_BYTES = 64 * 1024
NESTING = 8
VALUES = 100  # in one message, all levels together: several times what any of ours has
FRAGMENTS = 64  # of one message: enough for any honest client, too few to hide a flood of empty frames
PAGE_COMMENTS = 50
PAGE_COMMENTS_MAX = 200
PAGE_EVENTS = 1000
TREE_ANSWERS = 3  # shown with a root
COUNTS_KEYS = 600  # more than fit in the 3,500 characters that the widget asks with at once
