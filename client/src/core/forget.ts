/** Forgets the oldest comments of a long thread: a page of older ones brings them again. For the part that needs it. */

import type { State } from "./store";

/** The state with the newest `most` of the comments shown, and its past as it was. */
export function forget(state: State, most: number): State {
  const { past } = state;
  const shown = [...state.known.keys()].filter((number) => number >= state.from).sort((a, b) => b - a);
  const from = shown[most - 1];
  if (from === undefined || from === shown.at(-1)) return state;
  const isKept = (number: number) => number >= from || (!!past && number >= past.low && number <= past.high);
  const known = new Map([...state.known].filter(([number]) => isKept(number)));
  const ids = new Set([...known.values()].map(({ comment }) => comment.id));
  return { ...state, from, known, told: new Map([...state.told].filter(([id]) => ids.has(id))) };
}
