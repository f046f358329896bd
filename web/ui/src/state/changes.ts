/**
 * What an event or an answer changes, as pure functions of the state.
 *
 * Events come at least once and in the account's order; answers to our own calls may come before or after them. So a
 * message is known by its id, and its state never goes back.
 */
import type { Chat, DeliveryState, Message, MessageDeleted, MessageState, Page, ReactionChange, Typing } from '../api/types';
import type { State, Thread } from './store';

const ORDER: Readonly<Record<DeliveryState, number>> = { failed: 0, queued: 1, sent: 2, delivered: 3, read: 4 };

export const EMPTY_THREAD: Thread = { messages: [], next: null, loaded: false, problem: null };

/** Puts a message into a list: in its place where it is known, else at the end. */
export function upsert(messages: Message[], message: Message): Message[] {
  const index = messages.findIndex((one) => one.id === message.id);
  const known = messages[index];
  if (known === undefined) return [...messages, message];
  const next = messages.slice();
  next[index] = ORDER[known.state] > ORDER[message.state] ? withStateOf(message, known) : message;
  return next;
}

function withStateOf(message: Message, known: Message): Message {
  return { ...message, state: known.state, states: known.states };
}

/**
 * A newest page over what is known. What the node has not taken stays at the end, and so does what came over the stream
 * while the page was on its way.
 */
export function mergeNewest(thread: Thread, page: Page<Message>): Thread {
  const ids = new Set(page.items.map((message) => message.id));
  const newest = page.items.at(-1)?.receivedAt ?? '';
  const later = thread.messages.filter(
    (message) => !ids.has(message.id) && (isUnsent(message) || message.receivedAt > newest),
  );
  return { messages: [...page.items, ...later], next: page.next, loaded: true, problem: null };
}

/** An older page before what is known. */
export function mergeOlder(thread: Thread, page: Page<Message>): Thread {
  const ids = new Set(thread.messages.map((message) => message.id));
  const older = page.items.filter((message) => !ids.has(message.id));
  return { ...thread, messages: [...older, ...thread.messages], next: page.next };
}

/** Made here and not, or not yet, taken by the node. */
export function isUnsent(message: Message): boolean {
  return message.self && message.receivedAt === '';
}

/** Somebody is typing, or no longer. Whoever is shown already keeps their place. */
export function withTyping({ typing }: State, change: Typing): Partial<State> {
  const known = typing[change.conversation] ?? [];
  if (change.typing === known.includes(change.account)) return {};
  const others = known.filter((account) => account !== change.account);
  return { typing: { ...typing, [change.conversation]: change.typing ? [...known, change.account] : others } };
}

/** A new or sent message: into its thread and, as the last line, into the list. */
export function withMessage(state: State, message: Message, openChat: string | null): Partial<State> {
  const thread = state.threads[message.conversation];
  const threads =
    thread === undefined
      ? state.threads
      : { ...state.threads, [message.conversation]: { ...thread, messages: upsert(thread.messages, message) } };
  const chat = state.chats?.find((one) => one.id === message.conversation);
  if (state.chats === null || chat === undefined) return { threads };
  const isNews = chat.lastMessage?.id !== message.id && message.time >= (chat.lastMessage?.time ?? '');
  if (!isNews) return { threads, chats: state.chats.map((one) => (one === chat ? refreshLast(one, message) : one)) };
  const unread =
    message.self || openChat === chat.id
      ? state.unread
      : { ...state.unread, [chat.id]: (state.unread[chat.id] ?? 0) + 1 };
  const moved: Chat = {
    ...chat,
    lastMessage: message,
    updatedAt: message.receivedAt || message.time,
    unread: message.self ? chat.unread : chat.unread + 1,
  };
  return { threads, unread, chats: [moved, ...state.chats.filter((one) => one !== chat)] };
}

function refreshLast(chat: Chat, message: Message): Chat {
  if (chat.lastMessage?.id !== message.id) return chat;
  const [last] = upsert([chat.lastMessage], message);
  return last === undefined ? chat : { ...chat, lastMessage: last };
}

/** How far a message of ours has come. */
export function withMessageState(state: State, change: MessageState): Partial<State> {
  return withChanged(state, change.id, (message) => ({
    ...message,
    state: change.state,
    states: change.states,
    reason: change.reason ?? null,
    nextTryAt: change.nextTryAt ?? null,
  }));
}

/** A reaction that was put on a message or taken back. */
export function withReaction(state: State, { id, emoji, account, chosen }: ReactionChange): Partial<State> {
  return withChanged(state, id, (message) => {
    const others = (message.reactions.find((one) => one.emoji === emoji)?.accounts ?? []).filter((one) => one !== account);
    const accounts = chosen ? [...others, account] : others;
    const known = message.reactions.some((one) => one.emoji === emoji);
    const reactions = known
      ? message.reactions.map((one) => (one.emoji === emoji ? { ...one, accounts } : one))
      : [...message.reactions, { emoji, accounts }];
    return { ...message, reactions: reactions.filter((one) => one.accounts.length > 0) };
  });
}

/** A message that was taken back stays as a place without a text; one whose time is over goes. */
export function withDeleted(state: State, { id, by }: MessageDeleted): Partial<State> {
  if (by !== undefined && by !== null) {
    return withChanged(state, id, (message) => ({ ...message, deleted: true, text: '', reactions: [], editedAt: null }));
  }
  const threads = Object.entries(state.threads).map(([chat, thread]): [string, Thread] => [
    chat,
    { ...thread, messages: thread.messages.filter((message) => message.id !== id) },
  ]);
  const last = (chat: Chat) => (chat.lastMessage?.id === id ? { ...chat, lastMessage: null } : chat);
  return { threads: Object.fromEntries(threads), chats: state.chats?.map(last) ?? null };
}

/** A message with another text. */
export function withEdited(state: State, edited: Message): Partial<State> {
  return withChanged(state, edited.id, (known) => ({ ...edited, conversation: known.conversation }));
}

/** Changes a message wherever it stands. One written before its conversation existed is found by its own id. */
function withChanged(state: State, id: string, change: (message: Message) => Message): Partial<State> {
  const apply = (message: Message): Message => (message.id === id ? change(message) : message);
  const threads = Object.entries(state.threads).map(([chat, thread]): [string, Thread] => [
    chat,
    thread.messages.some((message) => message.id === id)
      ? { ...thread, messages: thread.messages.map(apply) }
      : thread,
  ]);
  return {
    threads: Object.fromEntries(threads),
    chats:
      state.chats?.map((chat) =>
        chat.lastMessage?.id === id ? { ...chat, lastMessage: apply(chat.lastMessage) } : chat,
      ) ?? null,
  };
}
