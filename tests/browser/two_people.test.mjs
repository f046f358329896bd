/** Alice on one node and Bob on another meet over an invite link, talk, and make a group. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { startNodes } from './nodes.mjs';
import { FIRST_LOAD_BYTES_MAX, firstLoadBytes } from './page_checks.mjs';
import {
  arrive, inspect, logIn, meet, message, openBrowser, openChat, PHONE, seesState, signUp, unlock, write,
} from './people.mjs';

const HEADINGS = { '': 'Chats', settings: 'Settings', invite: 'Invite someone', join: 'I have a link', 'new-group': 'New group' };
const LONG = 'First line\nsecond line, <b>not bold</b> & "quoted"\nשלום עולם';

let nodes;
let browser;
let alice;
let bob;

before(async () => {
  nodes = await startNodes(2);
  browser = await openBrowser();
  alice = await arrive(browser, nodes.urls[0], 'Alice');
  bob = await arrive(browser, nodes.urls[1], 'Bob', { viewport: PHONE, colorScheme: 'dark', hasTouch: false });
  bob.look = 'dark';
});

after(async () => {
  await browser?.close();
  await nodes?.stop();
});

/** The first part of the story that did not work; the ones after it could only repeat that. */
let broken;

function step(name, run) {
  test(name, async (t) => {
    if (broken !== undefined) return t.skip(`since this failed: ${broken}`);
    broken = name;
    await run();
    broken = undefined;
  });
}

step('two people sign up, each on their own node, and get 24 words', async () => {
  for (const person of [alice, bob]) {
    await signUp(person);
    assert.equal(person.recoveryKey.length, 24);
    assert.ok(person.recoveryKit.includes(person.recoveryKey.join(' ')), 'the file has the words in their order');
    await inspect(person, 'first-steps');
  }
});

step('an invite link makes them contacts on both sides', async () => {
  const { link, shown } = await meet(alice, bob);
  assert.match(link, /\/i#v1\.[A-Za-z0-9_-]+$/);
  assert.ok(!shown.includes('v1.'), 'the secret leaves the address');
});

step('messages go both ways as text and are marked delivered', async () => {
  await write(alice, 'Hello Bob');
  await message(bob, 'Hello Bob').waitFor();
  await seesState(alice, 'Hello Bob', 'delivered');
  await write(bob, LONG);
  await seesState(bob, LONG, 'delivered');
  await message(alice, LONG).waitFor();
  assert.equal(await message(alice, LONG).locator('.bubble-text').innerText(), LONG);
  assert.equal(await alice.page.locator('.bubble-text b').count(), 0);
  await inspect(alice, 'chat');
  await inspect(bob, 'chat');
});

// REQ-EPH-3
step('typing stands in the line under the name once both want it, and nothing moves', async () => {
  const isChange = (response) => response.request().method() === 'PATCH' && response.url().endsWith('/me/settings');
  for (const [person, other] of [[alice, 'Bob'], [bob, 'Alice']]) {
    await person.page.goto(`${person.url}/app/settings`);
    const changed = person.page.waitForResponse(isChange);
    await person.page.getByRole('checkbox', { name: 'Show my contacts that I am typing' }).click();
    await changed;
    await inspect(person, 'privacy');
    await person.page.goto(`${person.url}/app/`);
    await openChat(person, other);
    await message(person, 'Hello Bob').waitFor();
  }
  const placesOf = (parts) => parts.map((part) => JSON.stringify(part.getBoundingClientRect()));
  const places = () => bob.page.locator('.bar, .messages, .composer').evaluateAll(placesOf);
  const before = await places();
  const field = alice.page.getByRole('textbox', { name: /^Message to/ });
  await field.pressSequentially('Hm');
  await bob.page.getByText('Alice is typing…').waitFor();
  assert.deepEqual(await places(), before);
  await inspect(bob, 'typing');
  await field.fill('');
  await bob.page.getByText('Alice is typing…').waitFor({ state: 'detached' });
});

step('reloads, also impatient ones, come back to the same conversation and its messages', async () => {
  await alice.page.reload();
  await message(alice, 'Hello Bob').waitFor();
  for (const pause of [10, 40, 90, 160, 250]) {
    alice.page.reload().catch(() => undefined);
    await delay(pause);
  }
  await message(alice, 'Hello Bob').waitFor();
  await alice.page.getByRole('textbox', { name: /^Message to/ }).fill('half a thou');
  await alice.page.reload();
  await message(alice, 'Hello Bob').waitFor();
  assert.equal(await alice.page.getByRole('textbox', { name: /^Message to/ }).inputValue(), 'half a thou');
});

step('what arrives elsewhere counts as unread', async () => {
  await bob.page.getByRole('button', { name: 'Back' }).click();
  await write(alice, 'Are you there?');
  await bob.page.getByRole('link', { name: /1 unread/ }).waitFor();
  await inspect(bob, 'list');
  await openChat(bob, 'Alice');
  await message(bob, 'Are you there?').waitFor();
  assert.equal(await bob.page.getByText('1 unread').count(), 0);
});

step('a group carries messages both ways', async () => {
  await alice.page.goto(`${alice.url}/app/new-group`);
  await alice.page.getByLabel('Name of the group').fill('Choir');
  await alice.page.getByRole('checkbox', { name: 'Bob' }).click();
  await inspect(alice, 'new-group');
  await alice.page.getByRole('button', { name: 'Make the group' }).click();
  await alice.page.getByRole('heading', { name: 'Choir' }).waitFor();
  await bob.page.getByRole('button', { name: 'Back' }).click();
  await openChat(bob, 'Choir');
  await write(alice, 'Tuesday at seven');
  await message(bob, 'Tuesday at seven').waitFor();
  await write(bob, 'I bring the scores');
  await message(alice, 'I bring the scores').waitFor();
  await seesState(alice, 'Tuesday at seven', 'delivered');
  await inspect(alice, 'group');
  await inspect(bob, 'group');
});

step('the owner removes a member, who can then no longer write', async () => {
  await alice.page.getByRole('button', { name: 'Members' }).click();
  await alice.page.getByRole('listitem').filter({ hasText: 'Bob' }).first().waitFor();
  await inspect(alice, 'members');
  await alice.page.getByRole('button', { name: 'Remove Bob' }).click();
  await inspect(alice, 'confirm');
  await alice.page.getByRole('button', { name: 'Remove', exact: true }).click();
  await alice.page.getByRole('button', { name: 'Remove Bob' }).waitFor({ state: 'detached' });
  await bob.page
    .getByText(/no longer in this conversation|no such conversation/)
    .first()
    .waitFor();
});

step('a locked account shows nothing until it is unlocked', async () => {
  await alice.page.goto(`${alice.url}/app/settings`);
  await alice.page.getByRole('button', { name: 'Lock', exact: true }).click();
  await alice.page.getByRole('heading', { name: 'Alice is locked' }).waitFor();
  await inspect(alice, 'locked');
  assert.equal(await alice.page.getByText('Tuesday at seven').count(), 0);
  await unlock(alice);
  await openChat(alice, 'Bob');
  await message(alice, 'Are you there?').waitFor();
});

step('logging out forgets the drafts, and logging in finds the messages', async () => {
  await alice.page.goto(`${alice.url}/app/settings`);
  await alice.page.getByRole('button', { name: 'Log out' }).click();
  await alice.page.getByRole('heading', { name: 'Log in' }).waitFor();
  await inspect(alice, 'log-in');
  assert.deepEqual(await alice.page.evaluate(() => Object.keys(localStorage)), []);
  await logIn(alice);
  await openChat(alice, 'Bob');
  await message(alice, 'Hello Bob').waitFor();
  assert.equal(await alice.page.getByRole('textbox', { name: /^Message to/ }).inputValue(), '');
});

step('every view is accessible, and fits the screen, in both themes', async () => {
  for (const person of [alice, bob]) {
    for (const colorScheme of ['light', 'dark']) {
      await person.page.emulateMedia({ colorScheme });
      person.look = colorScheme;
      for (const view of ['', 'settings', 'invite', 'join', 'new-group']) {
        await person.page.goto(`${person.url}/app/${view}`);
        await person.page.getByRole('heading', { name: HEADINGS[view] }).first().waitFor();
        await inspect(person, `view-${view || 'list'}`);
      }
      await person.page.goto(`${person.url}/app/`);
      await openChat(person, person === alice ? 'Bob' : 'Alice');
      await message(person, 'Hello Bob').waitFor();
      await inspect(person, 'view-chat');
    }
  }
});

step('the first load is light', async () => {
  const bytes = await firstLoadBytes(browser, nodes.urls[0]);
  assert.ok(bytes > 50_000 && bytes <= FIRST_LOAD_BYTES_MAX, `${bytes} bytes`);
});

test('the browsers had nothing to complain about', () => {
  assert.deepEqual(alice.complaints, []);
  assert.deepEqual(bob.complaints, []);
});

step('a message the node does not take says so and can be sent again', async () => {
  await openChat(alice, 'Bob');
  await alice.page.route('**/chat/send', (route) => route.abort());
  await write(alice, 'Lost and found');
  await seesState(alice, 'Lost and found', 'failed');
  await message(alice, 'Lost and found').getByText('This page could not reach the node it came from.').waitFor();
  await inspect(alice, 'failed');
  await alice.page.unroute('**/chat/send');
  await alice.page.getByRole('button', { name: 'Try again' }).click();
  await seesState(alice, 'Lost and found', 'delivered');
  assert.equal(await message(alice, 'Lost and found').count(), 1);
  await message(bob, 'Lost and found').waitFor();
});

step('a broken stream of events goes on from where it was', async () => {
  const sockets = [];
  await alice.page.routeWebSocket('**/events*', (socket) => {
    socket.connectToServer();
    sockets.push(socket);
  });
  await alice.page.reload();
  await write(bob, 'Before the break');
  await message(alice, 'Before the break').waitFor();
  await sockets.at(-1).close();
  await write(bob, 'During the break');
  await message(alice, 'During the break').waitFor();
  assert.equal(sockets.length, 2);
  assert.ok(new URL(sockets[1].url()).searchParams.has('since'), 'the second asks from a cursor');
});
