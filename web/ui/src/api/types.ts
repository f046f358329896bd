/** Short names for the types that `npm run types` generates from the node's OpenAPI document. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Account = Schemas['Account'];
export type Banned = Schemas['Banned'];
export type Chat = Schemas['Chat'];
export type Contact = Schemas['Contact'];
export type ContactAnswer = Schemas['ContactAnswer'];
export type GroupJoin = Schemas['GroupJoin'];
export type Delivery = Schemas['Delivery'];
export type DeliveryState = Schemas['DeliveryState'];
export type Event = Schemas['Event'];
export type Group = Schemas['Group'];
export type GroupCreateRequest = Schemas['GroupCreateRequest'];
export type GroupPatchRequest = Schemas['GroupPatchRequest'];
export type GroupSendRequest = Schemas['GroupSendRequest'];
export type Invite = Schemas['Invite'];
export type InviteKind = Schemas['InviteKind'];
export type InviteRequest = Schemas['InviteRequest'];
export type Me = Schemas['Me'];
export type Member = Schemas['Member'];
export type Message = Schemas['Message'];
export type MessageDeleted = Schemas['MessageDeleted'];
export type MessageState = Schemas['MessageState'];
export type PrivacySettings = Schemas['PrivacySettings'];
export type Problem = Schemas['Problem'];
export type Quote = Schemas['Quote'];
export type ReactionChange = Schemas['ReactionChange'];
export type Role = Schemas['Role'];
export type SendRequest = Schemas['SendRequest'];
export type SessionAnswer = Schemas['SessionAnswer'];
export type SignupAnswer = Schemas['SignupAnswer'];
export type SignupRequest = Schemas['SignupRequest'];
export type Succession = Schemas['Succession'];
export type Status = Schemas['Status'];
export type Typing = Schemas['Typing'];
export type Version = Schemas['Version'];

export interface Page<T> {
  items: T[];
  next: string | null;
}
