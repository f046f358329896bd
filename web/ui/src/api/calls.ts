/** The calls of the REST API that this interface makes, one function each. */
import { call, callOpen } from './client';
import type {
  Chat,
  Contact,
  ContactAnswer,
  GroupJoin,
  Group,
  GroupCreateRequest,
  GroupPatchRequest,
  Invite,
  InviteRequest,
  Me,
  Message,
  Page,
  PrivacySettings,
  Role,
  SessionAnswer,
  SignupAnswer,
  SignupRequest,
  Status,
  Succession,
  Version,
} from './types';

const id = encodeURIComponent;

/** The most that one answer may hold; lists of people and chats are read to their end. */
const LIST_LIMIT = 200;

export const version = () => callOpen<Version>('GET', '/version');
export const signup = (request: SignupRequest) => callOpen<SignupAnswer>('POST', '/auth/signup', request);
export const login = (name: string, password: string) =>
  callOpen<SessionAnswer>('POST', '/auth/login', { login: name, password });
export const logout = () => call<void>('POST', '/auth/logout');
export const me = () => call<Me>('GET', '/me');
export const lock = () => call<void>('POST', '/me/lock');
export const unlock = (password: string) => call<void>('POST', '/me/unlock', { password });
export const settings = () => call<PrivacySettings>('GET', '/me/settings');
export const changeSettings = (change: Partial<PrivacySettings>) => call<void>('PATCH', '/me/settings', change);
export const status = () => call<Status>('GET', '/status');

export const invites = () => all<Invite>('/invites');
export const createInvite = (request: InviteRequest) => call<Invite>('POST', '/invites', request);
export const revokeInvite = (invite: string) => call<void>('DELETE', `/invites/${id(invite)}`);

export const contacts = () => all<Contact>('/contacts');
export const addContact = (link: string) => call<ContactAnswer>('POST', '/contacts', { link });
export const joinGroup = (link: string) => call<GroupJoin>('POST', '/groups/join', { link });

export const chats = () => all<Chat>('/chats');
export const markRead = (chat: string) => call<void>('POST', `/chats/${id(chat)}/read`, {});
/** Says that the person is typing, or no longer. */
export const typing = (chat: string, typing: boolean) => call<void>('PUT', `/chats/${id(chat)}/typing`, { typing });
export const messages = (chat: Chat, before?: string) =>
  call<Page<Message>>('GET', `${messagesPath(chat)}${before === undefined ? '' : `?before=${id(before)}`}`);

/** One message, with how far it has come and why it waits. */
export const message = (message: string) => call<Message>('GET', `/messages/${id(message)}`);
/** Sends a text. With the same `messageId` again the node answers the first message. */
export const send = (chat: Chat, text: string, messageId: string, replyTo: string | null) => {
  const words = { text, id: messageId, ...(replyTo === null ? {} : { replyTo }) };
  return chat.kind === 'group'
    ? call<Message>('POST', '/group/send', { group: chat.group ?? chat.id, ...words })
    : call<Message>('POST', '/chat/send', { to: chat.contact?.account ?? chat.id, ...words });
};
export const editMessage = (message: string, text: string) =>
  call<Message>('PATCH', `/messages/${id(message)}`, { text });
export const deleteMessage = (message: string) => call<void>('DELETE', `/messages/${id(message)}`);
export const react = (message: string, emoji: string, chosen: boolean) =>
  call<void>(chosen ? 'PUT' : 'DELETE', `/messages/${id(message)}/reactions/${id(emoji)}`);
export const retryMessage = (message: string) => call<Message>('POST', `/messages/${id(message)}/retry`);
export const cancelMessage = (message: string) => call<void>('POST', `/messages/${id(message)}/cancel`);

export const groups = () => all<Group>('/groups');
export const group = (groupId: string) => call<Group>('GET', `/group/${id(groupId)}`);
export const createGroup = (request: GroupCreateRequest) => call<Group>('POST', '/group/create', request);
export const addMember = (groupId: string, account: string) =>
  call<unknown>('POST', `/group/${id(groupId)}/members`, { account });
export const setRole = (groupId: string, account: string, role: Role) =>
  call<Group>('PATCH', `/group/${id(groupId)}/members/${id(account)}`, { role });
export const changeGroup = (groupId: string, request: GroupPatchRequest) =>
  call<Group>('PATCH', `/group/${id(groupId)}`, request);
export const succession = (groupId: string) => call<Succession>('GET', `/group/${id(groupId)}/successor`);
export const openSuccessor = (groupId: string) => call<Group>('POST', `/group/${id(groupId)}/successor`);
export const removeMember = (groupId: string, account: string) =>
  call<unknown>('DELETE', `/group/${id(groupId)}/members/${id(account)}`);
export const ban = (groupId: string, account: string) => call<Group>('POST', `/group/${id(groupId)}/bans`, { account });
export const liftBan = (groupId: string, account: string) =>
  call<void>('DELETE', `/group/${id(groupId)}/bans/${id(account)}`);

function messagesPath(chat: Chat): string {
  return chat.kind === 'group'
    ? `/group/${id(chat.group ?? chat.id)}/messages`
    : `/chat/${id(chat.contact?.account ?? chat.id)}`;
}

async function all<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const more: string = after === null ? '' : `&after=${id(after)}`;
    const page: Page<T> = await call<Page<T>>('GET', `${path}?limit=${LIST_LIMIT}${more}`);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}
