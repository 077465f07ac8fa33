/** What somebody wrote, as they wrote it. For the part that edits, so in no first script. */

import type { Comment, SnapshotAnswer } from "../protocol/generated";
import { call } from "./api";
import { HubbubError } from "./errors";

/** The comment as its author, whose `token` it is, wrote it. Raises HubbubError. */
export async function bodyOf(host: string, thread: string, { number }: Comment, token?: string): Promise<string> {
  const query = `thread=${thread}&before=${number + 1}&limit=1`;
  const { comments } = await call<SnapshotAnswer>(host, `/threads?${query}`, { token });
  const [comment] = comments;
  if (comment?.number !== number || comment.body === undefined) throw new HubbubError("forbidden");
  return comment.body;
}
