/**
 * The event stream: one WebSocket, opened again with growing pauses and from the last cursor, so that nothing is missed.
 *
 * Not here: what an event changes (`state/changes.ts`).
 */
import type { Event } from './types';

const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 15_000;

export interface StreamListener {
  /** The stream is open. `resumed` is false where it starts without a cursor, so that lists must be loaded. */
  open: (resumed: boolean) => void;
  event: (event: Event) => void;
  closed: () => void;
  /** An attempt failed before it opened: the session, the lock or the network; the listener finds out which. */
  failed: () => Promise<void>;
}

/** How long to wait before attempt `n` (from 0): doubles, up to the limit, with jitter so that tabs spread out. */
export function pauseMs(n: number, random: number): number {
  const full = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** n);
  return Math.round(full * (0.5 + random / 2));
}

export class EventStream {
  private socket: WebSocket | null = null;
  private cursor: string | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;

  constructor(private readonly listener: StreamListener) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.attempt = 0;
    window.addEventListener('online', this.hurry);
    document.addEventListener('visibilitychange', this.hurry);
    this.connect();
  }

  /** Ends the stream and forgets the cursor: the next start loads everything anew. */
  stop(): void {
    this.running = false;
    this.cursor = null;
    window.removeEventListener('online', this.hurry);
    document.removeEventListener('visibilitychange', this.hurry);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private readonly hurry = (): void => {
    if (!this.running || this.timer === null || document.visibilityState === 'hidden') return;
    clearTimeout(this.timer);
    this.timer = null;
    this.connect();
  };

  private connect(): void {
    const url = new URL('/events', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (this.cursor !== null) url.searchParams.set('since', this.cursor);
    const socket = new WebSocket(url);
    let opened = false;
    this.socket = socket;
    socket.onopen = () => {
      opened = true;
      this.attempt = 0;
      this.listener.open(this.cursor !== null);
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string') this.receive(data);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.listener.closed();
      void this.again(opened);
    };
  }

  private receive(data: string): void {
    const event = JSON.parse(data) as Partial<Event>;
    if (typeof event.type !== 'string') return;
    if (typeof event.cursor === 'string' && event.cursor !== '') this.cursor = event.cursor;
    this.listener.event(event as Event);
  }

  private async again(opened: boolean): Promise<void> {
    if (!opened) await this.listener.failed();
    if (!this.running || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.connect();
    }, pauseMs(this.attempt, Math.random()));
    this.attempt += 1;
  }
}

