/**
 * Every word that a reader sees or hears, in English; docs/translating.md says how the others come. Each is a function: it is
 * called when the word is drawn, for the language is not known before.
 */

import type { ErrorCode, HubbubError } from "../core/errors";
import { language, translate, written } from "./language";

export const commentCount = (count: number) => (count ? translate("{0} comment(s)", count) : translate("No comments"));
export const newComments = (count: number) => translate("{0} new comment(s)", count);
export const newShort = (count: number) => translate("{0} new", count);
/** To what was read before the new ones. */
export const BACK = () => translate("Back to where you were");
export const showRemoved = (count: number) => translate("{0} removed comments · Show", count);
export const hideRemoved = (count: number) => translate("{0} removed comments · Hide", count);
export const showAnswers = (count: number) => translate("Show {0} answer(s)", count);
export const hideAnswers = (count: number) => translate("Hide {0} answer(s)", count);
export const newSince = (count: number, time: string) => translate("{0} new comment(s) since {1}", count, time);
export const olderComments = (count: number) => translate("{0} older comment(s)", count);
export const readers = (count: number) => translate("{0} reading", count);
export const LIVE = () => translate("Live");
export const TYPING = () => translate("someone is typing…");

export const CLOSED = () => translate("Sorry. Comments have been closed on this article.");
export const closedBecause = (reason: string | null | undefined) =>
  reason ? `${translate("Comments are closed.")} ${reason}` : CLOSED();
/** `when` as in "in 12 minutes". */
export const closesIn = (when: string) => translate("Comments close {0}.", when);
export const CLOSING = () => translate("Comments are closing…");
/** `time` as in "30 seconds". */
export const slowly = (time: string) => translate("Slow mode: each may write one comment in {0}.", time);
export const KNOWN_ALONE = () => translate("For now, only those who have commented here before may write.");
/** What holds for all comments, or for some, until a moderator let them through. */
export const HOLDS: Record<string, () => string> = {
  new: () => translate("A moderator reads first comments before others see them."),
  links: () => translate("A moderator reads comments with links before others see them."),
  all: () => translate("A moderator reads comments before others see them."),
};
/** `time` as in "30 seconds". */
export const seenAfter = (time: string) => translate("Others see a comment after {0}.", time);
export const STAFF_ALONE = () => translate("For now, only the team may write.");
/** A switch, for the ear. */
export const ANNOUNCE = () => translate("Announce new comments");
export const OFFLINE = () => translate("Connection lost. Trying again…");
export const NOT_NOW = () => translate("Comments are not available right now.");
export const LATE = () => translate("New comments are delayed. Trying again…");
export const STOPPED = () => translate("Live updates have stopped. Reload the page.");
export const LOADING = () => translate("Loading comments…");
export const EMPTY = () => translate("No comments yet.");
export const BE_FIRST = () => `${EMPTY()} ${translate("Be the first to comment.")}`;
export const SHOW_NEWER = () => translate("Show newer comments");
/** An order of the comments. */
export const BEST = () => translate("Best first");
export const SORT_AGAIN = () => translate("Sort again");
export const SHOW_MORE = () => translate("Show more");
export const SHOW_OLDER = () => translate("Show older comments");
export const ANONYMOUS = () => translate("Anonymous");
export const SHOW_ALL = () => translate("Read more");
export const REMOVED = () => translate("Comment removed");
export const REMOVED_BY: Record<string, () => string> = {
  author: () => translate("Deleted by its author"),
  moderator: () => translate("Removed by a moderator"),
};
export const EDITED = () => translate("edited");
export const PINNED = () => translate("Pinned");
export const COMMENTS = () => translate("Comments");
export const commentsOn = (title: string) => translate("Comments on {0}", title);

export const LAYOUT = () => translate("Layout");
/** Those that there are, in this order. */
export const LAYOUTS: Record<string, () => string> = {
  newest: () => translate("Newest first"),
  oldest: () => translate("Oldest first"),
  threaded: () => translate("Threaded"),
  chat: () => translate("Chat"),
};

export const ROLES: Record<string, () => string> = {
  moderator: () => translate("Moderator"),
  owner: () => translate("Editor"),
};

export const COMMENT = () => translate("Your comment");
export const WRITE = () => translate("Write a comment");
/** Of what waits for a moderator. */
export const HELD = () => translate("Your comment has arrived. Others do not see it yet.");
/** `when` as in "in 40 seconds". */
export const seenIn = (when: string) => translate("Others see it {0}.", when);
/** Where the form is one line. */
export const INVITE = () => translate("Join the conversation");
/** The name comes after it. */
export const REPLY_TO = (number: number) => `${translate("Reply to #{0}", `${number}`)} `;
/** The name comes after it. */
export const IN_REPLY_TO = (number: number) => `${translate("in reply to #{0}", `${number}`)} `;
export const IN_REPLY_TO_OLDER = () => translate("in reply to an older comment");
export const NAME = () => translate("Name (optional)");
export const EMAIL = () => translate("E-mail (optional, not shown)");
export const WEBSITE = () => translate("Website (optional)");
export const MORE = () => translate("More");
export const CHANGE = () => translate("Change");
export const PICK_NICK = () => translate("Pick a nick");
export const NO_NICKS = () => translate("There are none just now.");
export const MY_NICK = () => translate("My original nick");
export const youCommented = (count: number, site: string) =>
  translate("You have commented {0} time(s) on {1}", count, site);
/** The key that posts, on a Mac and elsewhere. */
export const SEND_KEY = () => (/Mac/.test(globalThis.navigator?.platform) ? "⌘ Enter" : translate("Ctrl+Enter"));
export const NO_FORM = () => translate("You cannot write just now. Trying again… If this stays, reload the page.");
export const POST = () => translate("Post comment");
export const WRITE_FIRST = () => translate("Write something first.");
export const TOO_LONG = () => translate("This is too long.");
export const keptBecause = (reason: string | null | undefined) =>
  `${closedBecause(reason)} ${translate("What you wrote is kept here.")}`;
export const left = (count: number) =>
  count < 0 ? translate("{0} character(s) too many", -count) : translate("{0} character(s) left", count);
export const POSTING_AS = () => translate("Posting as");
export const SIGN_IN = () => translate("Sign in");
export const SIGN_OUT_ASK = () =>
  translate("This browser forgets who you are here. What you wrote stays, and you can no longer change it from here.");
export const MY_DATA = () => translate("My data");
export const WHAT_IS_KEPT = () =>
  translate(
    "Your browser keeps your name, e-mail address and website, your drafts, and who you are here. The server keeps them with your comments, your votes, your passkeys, and how far you have read.",
  );
export const DOWNLOAD = () => translate("Download all that I wrote");
export const DOWNLOADED = () => translate("Your browser has saved it as a file.");
export const OTHER_DEVICE = () => translate("Go on with another device");
/** The code comes after it. */
export const CODE_FOR = () =>
  translate(
    "On your other device, under “My data”, enter this code within ten minutes. It works once. Show it to nobody else:",
  );
export const PAIR_CODE = () => translate("Code from another device");
export const PAIR = () => translate("Be the same person here");
export const PAIR_UNKNOWN = () => translate("This code is wrong, used, or older than ten minutes.");
export const paired = (name: string) => translate("You are {0} here, too.", name);
export const PASSKEY_KEEP = () => translate("Keep this name with a passkey");
export const PASSKEY_USE = () => translate("I have a passkey");
export const passkeyKept = (name: string) =>
  translate("Kept. With this passkey you are {0} on your other devices, too.", name);
export const PASSKEY_THERE = () => translate("You have a passkey on this device already.");
export const PASSKEY_UNUSED = () => translate("No passkey was used.");
export const PASSKEY_UNKNOWN = () => translate("This passkey is not known here.");
/** At a name that is somebody else's. */
export const PASSKEY_YOURS = () => translate("Yours? Use your passkey");
/** By the page that it is for, and the day when it was made. */
export const removePasskey = (host: string, day: string) => translate("Remove the passkey for {0}, of {1}", host, day);
export const PASSKEY_REMOVE_ASK = () => translate("It will no longer bring you back here. Remove it?");
export const PASSKEY_REMOVED = () => translate("The passkey is removed.");
export const ERASE = () => translate("Erase all that I wrote");
export const ERASE_ASK = () =>
  translate(
    "Your comments, your name and your address are wiped for everyone, for good; of each comment its number stays. Nobody can bring them back. Erase all?",
  );
export const erased = (count: number) => translate("{0} comment(s) erased.", count);
export const DONE = () => translate("Done");
export const SIGN_OUT = () => translate("Sign out");

export const POSTED = () => translate("Comment posted.");
export const SENDING = () => translate("Sending…");
export const SENT = () => translate("Sent");
export const DELAYED = () => translate("Delayed. It will be sent as soon as possible.");
export const KEEP_OPEN = () => translate("Keep this page open.");
export const tooMany = (seconds: number) => translate("Too many at once. It will be sent in {0} second(s).", seconds);
export const slowMode = (seconds: number) => translate("Slow mode. It will be sent in {0} second(s).", seconds);
/** When it was written, as in "2 hours ago". */
export const notSentSince = (when: string) => translate("You wrote this {0}, and it was not sent.", when);
/** Pages come after it. */
export const UNSENT = () => translate("What you wrote on another page was not sent:");
export const NOT_SENT = () => `${translate("Not sent.")} `;
export const RETRY = () => translate("Retry");
export const SEND_NOW = () => translate("Send now");
export const TAKE_BACK = () => translate("Back to the editor");
export const DISCARD = () => translate("Discard");

/** What the line is called that stays where an answer was written. */
export const REPLY_SENT = () => translate("Your reply");
export const repliedAs = (number: number) => `${translate("Your reply was posted as #{0}", number)} `;
export const SHOW = () => translate("Show");

export const REPLY = () => translate("Reply");
/** Below what is selected of a comment. */
export const QUOTE_IN_REPLY = () => translate("Quote in a reply");
export const ignore = (name: string) => translate("Ignore {0}", name);
export const stopIgnoring = (name: string) => translate("Stop ignoring {0}", name);
export const SHOW_IGNORED = () => translate("Comment by someone you ignore · Show");
/** Beside the name of who wrote the comment. */
export const MENTIONS_YOU = () => translate("mentions you");
/** Names to choose from. */
export const MENTION = () => translate("Mention somebody");
export const namesFound = (count: number) => translate("{0} name(s): the arrow keys choose", count);
export const EDIT = () => translate("Edit");
/** A name comes after it. */
export const RENAME = () => translate("Under my new name:");
export const SAVE = () => translate("Save");
export const CANCEL = () => translate("Cancel");
export const KEEP = () => translate("Keep");
export const DELETE = () => translate("Delete");
export const REMOVE = () => translate("Remove");
export const DELETE_ASK = () => translate("Delete this comment?");
export const REMOVE_REASON = () => translate("Reason, for all to read (optional)");
export const RESTORE = () => translate("Restore");
export const PIN = () => translate("Pin");
export const UNPIN = () => translate("Unpin");
export const CLOSE = () => translate("Close comments");
export const CLOSE_REASON = () => translate("Reason (optional)");
export const REOPEN = () => translate("Reopen comments");
export const replyTo = (name: string, number: number) => translate("Reply to {0}, comment {1}", name, `${number}`);
export const about = (action: string, number: number) => translate("{0} comment #{1}", action, `${number}`);

export const VOTE_UP = () => translate("Vote up");
export const VOTE_DOWN = () => translate("Vote down");
export const votes = (count: number) => translate("{0} vote(s)", count);
export const REACT = () => translate("React");
/** How many have it comes after the name of a reaction, which is the site's. */
export const reactions = (name: string, count: number) => `${name}: ${written(count)}`;

export const FORMATTING = () => translate("Formatting");
export const shortcut = (tool: string, key: string) => translate("{0} (Ctrl+{1})", tool, key);
export const MORE_TOOLS = () => translate("More formatting");
/** What a comment will look like. */
export const PREVIEW = () => translate("Preview");
export const BOLD = () => translate("Bold");
export const ITALIC = () => translate("Italic");
export const UNDERLINE = () => translate("Underline");
export const STRIKE = () => translate("Strikethrough");
export const SMALL = () => translate("Small");
export const BIG = () => translate("Big");
export const CODE = () => translate("Code");
export const LINK = () => translate("Link");
export const LINK_TEXT = () => translate("text");
export const QUOTE = () => translate("Quote");
export const BULLETS = () => translate("Bulleted list");
export const NUMBERS = () => translate("Numbered list");
export const SQUISH = () => translate("Squish");
export const SQUISH_HINT = () => translate("Squish: join broken lines, take out blank ones");
export const PHOTO = () => translate("Photo");
export const PHOTO_HINT = () => translate("Photo, by its https address");
/** Where somebody brings the file of one. */
export const PHOTO_BY_ADDRESS = () => translate("A photo comes in by its https address: use “Photo”.");
export const NO_PHOTOS = () => translate("Photos are not shown here. You can post a link to one.");
export const NOT_KEPT = () =>
  translate(
    "Your browser keeps nothing on this page: when you leave it, what you have not sent is lost, and what you have sent can no longer be changed.",
  );
/** What a picture shows, until its writer says so. */
export const PHOTO_TEXT = () => translate("photo");

/** What went wrong, and what the reader can do about it. A code that only a newer server knows has its own words. */
export function problem({ code, message, retryAfter }: HubbubError): string {
  const fault = translate("The server has a problem. Try again.");
  const later = translate("Too many at once. Try again in {0} second(s).", Math.ceil(retryAfter ?? 10));
  const words: Partial<Record<ErrorCode, string>> = {
    offline: translate("No connection. Try again."),
    rate_limited: later,
    slow_mode: later,
    thread_closed: CLOSED(),
    unauthorized: translate("You are no longer signed in."),
    forbidden: translate("You may not do this, or no longer."),
    not_found: translate("What this is about is no longer here."),
    conflict: translate("This has been changed meanwhile. Look again before you try once more."),
    name_taken: translate("This name is somebody else’s here. Take another."),
    too_large: TOO_LONG(),
    // What is wrong the server says, in English.
    bad_request: language() === "en" ? message || fault : `${translate("The server does not take this.")} ${message}`,
    reset: fault,
    internal: fault,
    unavailable: fault,
  };
  return words[code] ?? (message || fault);
}
