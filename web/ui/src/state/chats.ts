/** Conversations: loading, sending, and what events change. */
import * as calls from '../api/calls';
import { problemOf } from '../api/client';
import type { Chat, Event, Group, Message, PrivacySettings } from '../api/types';
import { parse } from '../router';
import { sentence } from '../text/message';
import { uuid } from '../text/uuid';
import {
  EMPTY_THREAD,
  mergeNewest,
  mergeOlder,
  upsert,
  withDeleted,
  withEdited,
  withMessage,
  withMessageState,
  withReaction,
} from './changes';
import { chatOf, type Composing, getState, nameOf, shortId, type State, type Thread, update } from './store';
import { hear } from './typing';

/** Loads the lists, and the threads that are on screen. */
export async function reload(): Promise<void> {
  try {
    await reloadLists();
    const open = openChat();
    if (open !== undefined) await loadThread(open);
    // Threads that are not on screen load anew when they are opened.
    update(({ threads }) => ({ threads: keepOnly(threads, open?.id) }));
  } catch {
    // The stream's own failure handling shows that the node is away and comes back here.
  }
}

function keepOnly(threads: State['threads'], id: string | undefined): State['threads'] {
  const thread = id === undefined ? undefined : threads[id];
  return id === undefined || thread === undefined ? {} : { [id]: thread };
}

/** How many events came; a list that was asked for before one of them may lack it. */
let eventsSeen = 0;

/** Under a steady stream of events the lists are never quite up to date; the events themselves then are. */
const LIST_ATTEMPTS = 3;

async function reloadLists(attempt = 1): Promise<void> {
  const before = eventsSeen;
  const [chats, contacts, groups, privacy] = await Promise.all([
    calls.chats(),
    calls.contacts(),
    calls.groups(),
    calls.settings(),
  ]);
  if (eventsSeen !== before && attempt < LIST_ATTEMPTS) return reloadLists(attempt + 1);
  const named = chats.map((chat) => (chat.name === chat.contact?.account ? { ...chat, name: shortId(chat.name) } : chat));
  const byTime = named.toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  const open = openChat(chats)?.id;
  update(() => ({
    chats: byTime,
    contacts,
    privacy,
    groups: Object.fromEntries(groups.map((group) => [group.id, group])),
    unread: Object.fromEntries(chats.map((chat) => [chat.id, chat.id === open ? 0 : chat.unread])),
  }));
}

/** Changes what others see of the person. */
export async function setPrivacy(change: Partial<PrivacySettings>): Promise<void> {
  await calls.changeSettings(change);
  update(({ privacy }) => ({ privacy: privacy === null ? null : { ...privacy, ...change } }));
}

/** Who is connected changes without events of its own on some nodes. */
export async function reloadContacts(): Promise<void> {
  try {
    const contacts = await calls.contacts();
    const known = new Map(contacts.map((contact) => [contact.account, contact]));
    update(({ chats }) => ({
      contacts,
      chats: chats?.map((chat) => ({ ...chat, contact: known.get(chat.contact?.account ?? '') ?? chat.contact ?? null })) ?? null,
    }));
  } catch {
    // The next reload has them.
  }
}

/** When to look whether a request was refused: an acceptance comes as an event, a refusal does not. */
const REQUEST_LOOKS_MS = [1_500, 5_000, 15_000];

/** Looks after a request that has just been made. */
export function watchRequest(account: string): void {
  const isOpen = () => getState().contacts?.some((one) => one.account === account && one.state === 'requested');
  for (const pause of REQUEST_LOOKS_MS) setTimeout(() => isOpen() && void reloadContacts(), pause);
}

/** The newest page of a conversation. */
export async function loadThread(chat: Chat): Promise<void> {
  // There from now on, so that what comes over the stream meanwhile has a place.
  setThread(chat.id, (thread) => thread);
  try {
    const page = await calls.messages(chat);
    setThread(chat.id, (thread) => mergeNewest(thread, page));
    markSeen(chat.id);
  } catch (error) {
    setThread(chat.id, (thread) => ({ ...thread, problem: problemOf(error) }));
  }
}

export async function loadOlder(chat: Chat): Promise<void> {
  const next = getState().threads[chat.id]?.next;
  if (next === undefined || next === null) return;
  try {
    const page = await calls.messages(chat, next);
    setThread(chat.id, (thread) => mergeOlder(thread, page));
  } catch (error) {
    setThread(chat.id, (thread) => ({ ...thread, problem: problemOf(error) }));
  }
}

function setThread(id: string, change: (thread: Thread) => Thread): void {
  update(({ threads }) => ({ threads: { ...threads, [id]: change(threads[id] ?? EMPTY_THREAD) } }));
}

/** Nothing in this chat is new to the person any more. */
export function markSeen(id: string): void {
  const { chats, unread } = getState();
  const counted = chats?.find((chat) => chat.id === id)?.unread ?? 0;
  if (counted === 0 && (unread[id] ?? 0) === 0) return;
  update(() => ({
    chats: chats?.map((chat) => (chat.id === id ? { ...chat, unread: 0 } : chat)) ?? null,
    unread: { ...unread, [id]: 0 },
  }));
  tellSeen(id);
}

/** Chats of which the node is about to be told that they were seen. */
const toTell = new Set<string>();
const TELL_AFTER_MS = 500;

/** Tells the node, once for all messages that come within a moment. */
function tellSeen(id: string): void {
  if (toTell.has(id)) return;
  toTell.add(id);
  setTimeout(() => {
    toTell.delete(id);
    // Should the node be away, the count comes back with the next list, which is the truth then.
    calls.markRead(id).catch(() => undefined);
  }, TELL_AFTER_MS);
}

/** Sends a text. It stands in the thread at once, and says so when the node does not take it. */
export async function sendText(chat: Chat, text: string, answered: Message | null = null): Promise<void> {
  await dispatch(chat, {
    id: uuid(),
    conversation: chat.id,
    sender: ownAccount(),
    time: new Date().toISOString(),
    receivedAt: '',
    text,
    attachments: [],
    replyTo: answered?.id ?? null,
    quoted: answered === null ? null : { sender: answered.sender, text: answered.text },
    reactions: [],
    editedAt: null,
    deleted: false,
    state: 'queued',
    states: [],
    self: true,
  });
}

/** Gives a message of ours another text. */
export async function editText(message: Message, text: string): Promise<void> {
  try {
    const edited = await calls.editMessage(message.id, text);
    update((state) => withEdited(state, edited));
  } catch (error) {
    update(() => ({ notice: problemOf(error).detail }));
  }
}

/** What the composer is about from now on. */
export function compose(composing: Composing | null): void {
  update(() => ({ composing }));
}

/** Tries a failed message once more, under its own id: the node takes it once. */
export async function sendAgain(chat: Chat, message: Message): Promise<void> {
  await dispatch(chat, { ...message, state: 'queued', reason: null });
}

export function discard(chat: Chat, message: Message): void {
  setThread(chat.id, (thread) => ({ ...thread, messages: thread.messages.filter((one) => one.id !== message.id) }));
}

async function dispatch(chat: Chat, message: Message): Promise<void> {
  setThread(chat.id, (thread) => ({ ...thread, messages: replace(thread.messages, message) }));
  try {
    const taken = await calls.send(chat, message.text, message.id, message.replyTo);
    const known = { ...taken, conversation: chat.id };
    update((state) => withMessage(state, known, chat.id));
    setTimeout(() => void lookWhyWaiting(chat, message.id), WAIT_MS);
  } catch (error) {
    const { detail, fix } = problemOf(error);
    const failed: Message = { ...message, state: 'failed', reason: [detail, fix].map((part) => sentence(part ?? '')).join(' ').trim() };
    setThread(chat.id, (thread) => ({ ...thread, messages: replace(thread.messages, failed) }));
  }
}

/** A message that is still here after this time waits for somebody who is away. */
const WAIT_MS = 3_000;

/** Nobody tells that a node has gone, nor why a message still waits: one that waits is the sign to look, as long as it does. */
async function lookWhyWaiting(chat: Chat, id: string): Promise<void> {
  const waits = () => getState().threads[chat.id]?.messages.some((one) => one.id === id && one.state === 'queued');
  if (!waits()) return;
  try {
    const [now] = await Promise.all([calls.message(id), reloadContacts()]);
    // What an event has told meanwhile is newer.
    if (waits() && now.state === 'queued') update((state) => withMessageState(state, now));
  } catch {
    // Looked at again below.
  }
  setTimeout(() => void lookWhyWaiting(chat, id), 2 * WAIT_MS);
}

/** Unlike `upsert`, lets a state go back: from failed to queued, when it is tried again. */
function replace(messages: Message[], message: Message): Message[] {
  return messages.some((one) => one.id === message.id)
    ? messages.map((one) => (one.id === message.id ? message : one))
    : upsert(messages, message);
}

/** Asks the node for a group as it is now. */
export async function readGroup(id: string): Promise<Group> {
  const group = await calls.group(id);
  update(({ groups }) => ({ groups: { ...groups, [id]: group } }));
  return group;
}

/** One event of the stream. */
export function receive(event: Event): void {
  eventsSeen += 1;
  switch (event.type) {
    case 'message.new':
      return receiveMessage(event.payload);
    case 'message.state':
      return update((state) => withMessageState(state, event.payload));
    case 'message.edited':
      return update((state) => withEdited(state, event.payload));
    case 'message.deleted':
      return update((state) => withDeleted(state, event.payload));
    case 'reaction':
      return update((state) => withReaction(state, event.payload));
    case 'typing':
      return hear(event.payload);
    case 'request.new':
    case 'request.accepted':
    case 'request.refused':
    case 'group.created':
    case 'group.removed':
    case 'group.settings':
    case 'group.successor':
    case 'chat.timer':
    case 'gap':
      return void reload();
    case 'group.member':
    case 'group.role':
    case 'group.petition':
      return void readGroup(event.payload.group).catch(() => reload());
    case 'contact.online':
    case 'contact.offline':
      return setOnline(event.payload.account, event.type === 'contact.online');
    case 'node.peer':
      return void reloadContacts();
    case 'node.ready':
      return;
    default:
      // A type of a newer node.
      return;
  }
}

function receiveMessage(message: Message): void {
  const before = getState();
  const open = document.visibilityState === 'visible' ? openChat()?.id : undefined;
  update((state) => withMessage(state, message, open ?? null));
  if (before.chats !== null && !before.chats.some((chat) => chat.id === message.conversation)) void reload();
  if (message.self) return;
  // What was being typed has come.
  hear({ conversation: message.conversation, account: message.sender, typing: false });
  // The open conversation speaks for itself: it is a log.
  if (open === message.conversation) tellSeen(open);
  else update((state) => ({ said: `${nameOf(state, message.sender)}: ${message.text}` }));
}

function setOnline(account: string, online: boolean): void {
  update(({ contacts, chats }) => ({
    contacts: contacts?.map((one) => (one.account === account ? { ...one, online } : one)) ?? null,
    chats:
      chats?.map((chat) =>
        chat.contact?.account === account ? { ...chat, contact: { ...chat.contact, online } } : chat,
      ) ?? null,
  }));
}

function openChat(chats = getState().chats): Chat | undefined {
  const route = parse(window.location.pathname);
  return route.at === 'chat' ? chatOf(chats, route.id) : undefined;
}

function ownAccount(): string {
  const { session } = getState();
  return session.kind === 'in' ? session.account.id : '';
}
