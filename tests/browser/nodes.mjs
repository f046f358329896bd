/**
 * Two nodes to test against: started from TIDINGS_BIN in fresh folders, or running ones named by TIDINGS_URLS
 * ("http://127.0.0.1:8480 http://127.0.0.1:8481"), which must have no accounts yet.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const READY_MS = 20_000;
const STOP_MS = 20_000;

/** Starts `count` nodes; resolves to their HTTP addresses, to the nodes themselves, and to a way to stop them all. */
export async function startNodes(count) {
  const running = process.env.TIDINGS_URLS?.split(/[\s,]+/).filter(Boolean);
  if (running !== undefined && running.length >= count) {
    return { urls: running.slice(0, count), nodes: null, stop: async () => {} };
  }
  const binary = process.env.TIDINGS_BIN;
  if (binary === undefined) throw new Error('set TIDINGS_BIN to the tidings binary, or TIDINGS_URLS to two fresh nodes');
  const nodes = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.remove()));
  };
  try {
    for (let index = 0; index < count; index += 1) {
      const node = new Node(binary, await mkdtemp(join(tmpdir(), 'tidings-browser-')));
      nodes.push(node);
      await node.start();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls: nodes.map((node) => node.url), nodes, stop };
}

/** One node and its data folder. It can be stopped and started again, at the same HTTP address. */
class Node {
  #binary;
  #data;
  #child = null;
  #exited = null;
  url = 'http://127.0.0.1:0';

  constructor(binary, data) {
    this.#binary = binary;
    this.#data = data;
  }

  async start() {
    const args = ['up', '--data', this.#data, '--http', new URL(this.url).host];
    const child = spawn(this.#binary, [...args, '--listen', '/ip4/127.0.0.1/udp/0/quic-v1', '--no-browser', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = [];
    child.stderr.setEncoding('utf8').on('data', (text) => log.push(text));
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
    try {
      this.url = (await readyLine(child, this.#exited)).http;
    } catch (error) {
      throw new Error(`${error.message}\n${log.join('')}`);
    }
  }

  /** Stops it as an operator would; resolves to its exit code. */
  async stop() {
    if (this.#child === null) return null;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    const code = await this.#exited;
    clearTimeout(timer);
    this.#child = null;
    return code;
  }

  async remove() {
    await this.stop();
    await rm(this.#data, { recursive: true, force: true });
  }
}

function readyLine(child, exited) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the node was not ready within ${READY_MS} ms`)), READY_MS);
    exited.then((code) => reject(new Error(`the node ended with ${code} before it was ready`)));
    child.once('error', reject);
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      const event = JSON.parse(line);
      if (event.event === 'ready') resolve(event);
      else reject(new Error(`the first line is not the ready line: ${line}`));
    });
  });
}
