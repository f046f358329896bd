/** What stands around a text: limits, states in words, and which messages belong together. */
import type { DeliveryState, Message } from '../api/types';
import { daysBetween } from './time';

/** The node's limit: 64 KiB of UTF-8. */
export const TEXT_BYTES_MAX = 64 * 1024;

/** From here on the composer shows how much is left. */
export const TEXT_BYTES_NEAR = 60 * 1024;

/** Messages of one sender within this time stand under one name. */
const TOGETHER_MS = 5 * 60 * 1000;

export function textBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

const STATES: Readonly<Record<DeliveryState, string>> = {
  queued: 'Waiting to be sent',
  sent: 'Sent',
  delivered: 'Delivered',
  read: 'Read',
  failed: 'Not sent',
};

export const stateName = (state: DeliveryState) => STATES[state];

/** The node's details are written small and without a full stop, so that programs can join them. */
export function sentence(text: string): string {
  if (text === '') return '';
  const [first = '', ...rest] = text;
  return `${first.toLocaleUpperCase()}${rest.join('')}${/[.!?…:]$/.test(text) ? '' : '.'}`;
}

/** Who is typing, in words; null where nobody is. */
export function typingText(names: readonly string[]): string | null {
  const [first, second, ...more] = names;
  if (first === undefined) return null;
  if (second === undefined) return `${first} is typing…`;
  return more.length === 0 ? `${first} and ${second} are typing…` : `${first}, ${second} and others are typing…`;
}

/** Whether `message` starts a new day in its conversation. */
export function startsDay(before: Message | undefined, message: Message): boolean {
  return before === undefined || daysBetween(new Date(before.time), new Date(message.time)) !== 0;
}

/** Whether `message` stands under the name of the one before. */
export function continues(before: Message | undefined, message: Message): boolean {
  if (before === undefined || before.sender !== message.sender || startsDay(before, message)) return false;
  return Math.abs(Date.parse(message.time) - Date.parse(before.time)) < TOGETHER_MS;
}
