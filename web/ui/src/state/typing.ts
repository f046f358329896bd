/**
 * Typing: what is said while the person writes, and who of the others is shown.
 *
 * The node has the last word on both: it drops what comes too soon and what nobody wants to know.
 */
import * as calls from '../api/calls';
import type { Chat, Typing } from '../api/types';
import { withTyping } from './changes';
import { getState, update } from './store';

type Timer = ReturnType<typeof setTimeout>;

/**
 * A key pressed by mistake is not worth a word. Nor is a page that is about to be left: the first word on a page takes a new
 * token, and one that is cut off in the middle would end the session.
 */
const BEGIN_MS = 500;
/** While it goes on it is said again after this time; the node takes it no sooner. */
const AGAIN_MS = 3_000;
/** Whoever presses no key for so long is not typing. */
const REST_MS = 5_000;
/** Whoever is not heard of for so long is no longer shown: the word that it is over may be lost with the stream. */
const SHOWN_MS = 10_000;

/** What the person writes, and when that was last said; null while it was not. */
let writing: { chat: string; saidAt: number | null; begin: Timer; rest: Timer | undefined } | null = null;

/** The person writes in a conversation. */
export function typed(chat: Chat): void {
  if (!isWanted(chat)) return;
  if (writing !== null && writing.chat !== chat.id) rested();
  writing ??= { chat: chat.id, saidAt: null, begin: setTimeout(say, BEGIN_MS), rest: undefined };
  clearTimeout(writing.rest);
  writing.rest = setTimeout(rested, REST_MS);
  if (writing.saidAt !== null && Date.now() - writing.saidAt >= AGAIN_MS) say();
}

function say(): void {
  if (writing === null) return;
  writing.saidAt = Date.now();
  tell(writing.chat, true);
}

/** The person no longer writes: the text is sent or gone, or the conversation was left. */
export function rested(): void {
  if (writing === null) return;
  const { chat, saidAt, begin, rest } = writing;
  writing = null;
  clearTimeout(begin);
  clearTimeout(rest);
  if (saidAt !== null) tell(chat, false);
}

function tell(chat: string, typing: boolean): void {
  // It is worth no second try: by then it would be wrong.
  calls.typing(chat, typing).catch(() => undefined);
}

/** Only where there is a conversation, and where the person wants it. */
function isWanted(chat: Chat): boolean {
  if ((chat.contact?.state ?? 'accepted') !== 'accepted') return false;
  return chat.typingIndicators ?? getState().privacy?.typingIndicators ?? false;
}

const shown = new Map<string, Timer>();

/** Somebody else types, or no longer. */
export function hear(change: Typing): void {
  const key = `${change.conversation} ${change.account}`;
  clearTimeout(shown.get(key));
  shown.delete(key);
  if (change.typing) shown.set(key, setTimeout(() => hear({ ...change, typing: false }), SHOWN_MS));
  update((state) => withTyping(state, change));
}

/** Nothing is heard any more: nobody is shown. */
export function hearNothing(): void {
  for (const timer of shown.values()) clearTimeout(timer);
  shown.clear();
  update(() => ({ typing: {} }));
}
