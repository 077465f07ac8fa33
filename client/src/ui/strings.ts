/** Every word that a reader sees or hears, in one place; translating the widget is translating this file. */

import type { ErrorCode, HubbubError } from "../core/errors";

/** For Intl too: an English sentence with a German number in it is neither. */
export const LANGUAGE = "en";
export const DIRECTION = "ltr";

const digits = (count: number) => count.toLocaleString(LANGUAGE);
const many = (count: number, one: string) => `${digits(count)} ${one}${count === 1 ? "" : "s"}`;

export const commentCount = (count: number) => (count ? many(count, "comment") : "No comments");
export const newComments = (count: number) => many(count, "new comment");
export const newShort = (count: number) => `${digits(count)} new`;
/** To what was read before the new ones. */
export const BACK = "Back to where you were";
export const showAnswers = (count: number) => `Show ${many(count, "answer")}`;
export const hideAnswers = (count: number) => `Hide ${many(count, "answer")}`;
export const newSince = (count: number, time: string) => `${many(count, "new comment")} since ${time}`;
export const olderComments = (count: number) => many(count, "older comment");
export const readers = (count: number) => `${digits(count)} reading`;
export const LIVE = "Live";
export const TYPING = "someone is typing…";

export const CLOSED = "Sorry. Comments have been closed on this article.";
export const OFFLINE = "Connection lost. Trying again…";
export const NOT_NOW = "Comments are not available right now.";
export const LATE = "New comments are delayed. Trying again…";
export const STOPPED = "Live updates have stopped. Reload the page.";
export const LOADING = "Loading comments…";
export const EMPTY = "No comments yet.";
export const SHOW_NEWER = "Show newer comments";
export const SHOW_OLDER = "Show older comments";
export const ANONYMOUS = "Anonymous";
export const SHOW_ALL = "Read more";
export const REMOVED = "Comment removed";
export const REMOVED_BY: Record<string, string> = {
  author: "Deleted by its author",
  moderator: "Removed by a moderator",
};
export const EDITED = "edited";
export const PINNED = "Pinned";
export const COMMENTS = "Comments";

export const LAYOUT = "Layout";
/** Those that there are, in this order. */
export const LAYOUTS: Record<string, string> = {
  newest: "Newest first",
  oldest: "Oldest first",
  threaded: "Threaded",
  chat: "Chat",
};

export const ROLES: Record<string, string> = { moderator: "Moderator", owner: "Editor" };

export const COMMENT = "Your comment";
/** Where the form is one line. */
export const INVITE = "Join the conversation";
export const REPLY_TO = "Reply to";
/** The name comes after it. */
export const IN_REPLY_TO = (number: number) => `in reply to #${number} `;
export const IN_REPLY_TO_OLDER = "in reply to an older comment";
export const NAME = "Name (optional)";
export const EMAIL = "E-mail (optional, not shown)";
export const WEBSITE = "Website (optional)";
export const MORE = "More";
export const CHANGE = "Change";
export const PICK_NICK = "Pick a nick";
export const NO_NICKS = "There are none just now.";
export const MY_NICK = "My original nick";
export const youCommented = (count: number) => `You have commented ${many(count, "time")} here.`;
/** The key that posts, on a Mac and elsewhere. */
export const SEND_KEY = /Mac/.test(globalThis.navigator?.platform) ? "⌘ Enter" : "Ctrl+Enter";
export const NO_FORM = "You cannot write just now. Trying again… If this stays, reload the page.";
export const POST = "Post comment";
export const WRITE_FIRST = "Write something first.";
export const TOO_LONG = "This is too long.";
export const KEPT = "What you wrote is kept here.";
export const left = (count: number) => `${digits(Math.abs(count))} characters ${count < 0 ? "too many" : "left"}`;
export const POSTING_AS = "Posting as";
export const SIGN_OUT = "Sign out";

export const POSTED = "Comment posted.";
export const SENDING = "Sending…";
export const SENT = "Sent";
export const DELAYED = "Delayed. It will be sent as soon as possible.";
export const KEEP_OPEN = "Keep this page open.";
export const tooMany = (seconds: number) => `Too many at once. It will be sent in ${many(seconds, "second")}.`;
/** When it was written, as in "2 hours ago". */
export const notSentSince = (when: string) => `You wrote this ${when}, and it was not sent.`;
export const NOT_SENT = "Not sent. ";
export const RETRY = "Retry";
export const SEND_NOW = "Send now";
export const TAKE_BACK = "Back to the editor";
export const DISCARD = "Discard";

/** What the line is called that stays where an answer was written. */
export const REPLY_SENT = "Your reply";
export const repliedAs = (number: number) => `Your reply was posted as #${digits(number)} `;
export const SHOW = "Show";

export const REPLY = "Reply";
export const EDIT = "Edit";
export const SAVE = "Save";
export const CANCEL = "Cancel";
export const KEEP = "Keep";
export const DELETE = "Delete";
export const REMOVE = "Remove";
export const REMOVE_ASK = "Remove it for everyone?";
export const RESTORE = "Restore";
export const PIN = "Pin";
export const UNPIN = "Unpin";
export const CLOSE = "Close comments";
export const CLOSE_REASON = "Reason (optional)";
export const REOPEN = "Reopen comments";
export const about = (action: string, number: number) => `${action} comment #${number}`;

export const FORMATTING = "Formatting";
export const MORE_TOOLS = "More formatting";
export const BOLD = "Bold";
export const ITALIC = "Italic";
export const UNDERLINE = "Underline";
export const STRIKE = "Strikethrough";
export const SMALL = "Small";
export const BIG = "Big";
export const CODE = "Code";
export const LINK = "Link";
export const LINK_TEXT = "text";
export const QUOTE = "Quote";
export const BULLETS = "Bulleted list";
export const NUMBERS = "Numbered list";
export const SQUISH = "Squish";
export const SQUISH_HINT = "Squish: join broken lines, take out blank ones";
export const PHOTO = "Photo";
export const PHOTO_HINT = "Photo, by its https address";
/** What a picture shows, until its writer says so. */
export const PHOTO_TEXT = "photo";

const NO_LONGER = "This is not possible here, or no longer.";

/** What went wrong, and what the reader can do about it. */
export function problem({ code, message, retryAfter }: HubbubError): string {
  const words: Partial<Record<ErrorCode, string>> = {
    offline: "No connection. Try again.",
    rate_limited: `Too many at once. Try again in ${many(Math.ceil(retryAfter ?? 10), "second")}.`,
    thread_closed: CLOSED,
    unauthorized: "You are no longer signed in.",
    forbidden: NO_LONGER,
    not_found: NO_LONGER,
    conflict: NO_LONGER,
    too_large: TOO_LONG,
    bad_request: message,
  };
  return words[code] ?? "The server has a problem. Try again.";
}
