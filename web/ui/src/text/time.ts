/** Times in words, in the reader's own language and zone. */

const DAY_MS = 24 * 60 * 60 * 1000;

/** Days from `then` to `now` by the calendar, not by 24 hours. */
export function daysBetween(then: Date, now: Date): number {
  const start = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((start(now) - start(then)) / DAY_MS);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const fullDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

export const clockTime = (time: string) => clock.format(new Date(time));
export const exactTime = (time: string) => exact.format(new Date(time));

/** For a row of the list: the clock today, the weekday this week, else the date. */
export function rowTime(time: string, now: Date): string {
  const then = new Date(time);
  const days = daysBetween(then, now);
  if (days <= 0) return clock.format(then);
  return days < 7 ? weekday.format(then) : shortDate.format(then);
}

/** For the line between two days. */
export function dayName(time: string, now: Date): string {
  const then = new Date(time);
  const days = daysBetween(then, now);
  if (days === 0) return 'Today';
  return days === 1 ? 'Yesterday' : fullDate.format(then);
}

/** A stretch of seconds: "3 min", "2 h 5 min", "4 d 1 h". */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
