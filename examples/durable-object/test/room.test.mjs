// @ts-check
// The room in workerd: every request that fails gets its typed error, and nothing else is
// lost. RECOVER_ROOM is the directory of the package.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import test, { after, before } from 'node:test';
import { Client, post, text } from '../client.mjs';
import { serve } from '../server.mjs';

const directory = process.env.RECOVER_ROOM ?? '';
const bindings = { RESTARTS: 1_000_000, EVICTABLE: 'yes' };
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
before(async () => { server = await serve({ package: directory, bindings }); });
after(async () => { await server.dispose(); });

const DEEP = '['.repeat(40_000);

/** Requests that fail, and how. @type {[string, object, number, string, string, boolean][]} */
const HOSTILE = [
  ['a panic half way', { op: 'shift', from: 0, to: 3, at: 4e9 }, 500, 'PanicError', 'E_PANIC', false],
  ['memory', { op: 'fill', at: 0, text: 'x'.repeat(1024), times: 1 << 20 }, 507, 'OutOfMemoryError', 'E_OUT_OF_MEMORY', false],
  ['recursion with a guard', { op: 'nesting', text: DEEP }, 413, 'StackOverflowError', 'E_STACK_OVERFLOW', false],
  ['recursion without one', { op: 'nestingUnguarded', text: DEEP }, 503, 'InstanceAbortedError', 'E_INSTANCE_ABORTED', true],
  ['a trap', { op: 'crash' }, 503, 'InstanceAbortedError', 'E_INSTANCE_ABORTED', true],
  ['no such place', { op: 'insert', at: 4e9, text: 'x' }, 422, 'OutOfRangeError', 'E_OUT_OF_RANGE', false],
  ['too long', { op: 'fill', at: 0, text: 'xy', times: 1 << 20 }, 413, 'DocumentFullError', 'E_FULL', false],
  ['brackets', { op: 'nesting', text: '[' }, 422, 'UnbalancedError', 'E_UNBALANCED', false],
  ['no such op', { op: 'constructor' }, 400, 'BadRequest', 'E_BAD_REQUEST', false],
  ['an argument of the wrong type', { op: 'insert', at: -1, text: 'x' }, 400, 'BadRequest', 'E_BAD_REQUEST', false],
];

test('edits of several clients are in one order, and all are told of them', async () => {
  const [one, two, watcher] = await Promise.all([1, 2, 3].map(() => Client.open(server.url, 'edits')));
  assert.ok(one && two && watcher);
  assert.deepEqual(await one.request({ op: 'insert', at: 0, text: 'héllo 𝄞' }), { id: 1, sequence: 1, length: 8 });
  assert.equal((await two.request({ op: 'shift', from: 0, to: 6, at: 2 })).sequence, 2);
  assert.equal((await post(server.url, 'edits', { op: 'delete', from: 0, to: 2 })).sequence, 3);
  assert.equal((await one.request({ op: 'fill', at: 0, text: 'ab', times: 2 })).sequence, 4);
  assert.equal((await two.request({ op: 'read', from: 0, to: 6 })).result, 'ababhé');
  assert.deepEqual(await text(server.url, 'edits'), { text: 'ababhéllo ', sequence: 4 });
  assert.equal((await one.request({ op: 'nesting', text: 'a[b[]]' })).result, 2);
  assert.equal((await two.request({ op: 'render', from: 0, to: 4 })).result, '<p>abab</p>');
  await watcher.request({ op: 'read', from: 0, to: 0 });
  assert.deepEqual(watcher.told.map(({ edit, sequence }) => `${sequence} ${edit.op}`), ['1 insert', '2 shift', '3 delete', '4 fill']);
  assert.deepEqual(one.told.map(({ sequence }) => sequence), [2, 3]);
  await Promise.all([one, two, watcher].map((client) => client.close()));
});

for (const [what, request, status, name, code, retryable] of HOSTILE) {
  test(`${what}: a typed error over the socket and by HTTP, and the document is as it was`, async () => {
    const room = `hostile-${code}-${what}`.replaceAll(/\W/g, '-');
    const client = await Client.open(server.url, room);
    let expected = '';
    for (let turn = 0; turn < 3; turn += 1) {
      const added = await client.request({ op: 'insert', at: expected.length, text: `${turn}, ` });
      expected += `${turn}, `;
      assert.equal(added.sequence, turn + 1);
      const overSocket = await client.request(request);
      const byHttp = await post(server.url, room, request);
      for (const { status: given, error } of [overSocket, byHttp]) {
        const { message, ...rest } = error;
        assert.deepEqual({ given, ...rest }, { given: status, name, code, retryable });
        assert.equal(typeof message, 'string');
      }
      assert.deepEqual(await text(server.url, room), { text: expected, sequence: turn + 1 });
    }
    await client.close();
  });
}

test('what is no request has an answer, which has no number', async () => {
  const client = await Client.open(server.url, 'none');
  for (const [request, status] of /** @type {[string, number][]} */ ([['{', 400], ['7', 400], [`"${DEEP}${DEEP}"`, 413]])) {
    client.socket.send(request);
    const response = await fetch(new URL('/rooms/none', server.url), { method: 'POST', body: request });
    const body = /** @type {any} */ (await response.json());
    assert.deepEqual([response.status, body.status, body.error.code], [status, status, 'E_BAD_REQUEST']);
    await client.request({ op: 'read', from: 0, to: 0 });
    assert.deepEqual(client.told.pop(), body);
  }
  await client.close();
});

test('rooms of one instance do not disturb each other, nor do those who wait in it', async () => {
  const [one, two] = await Promise.all(['left', 'right'].map((room) => Client.open(server.url, room)));
  assert.ok(one && two);
  await one.request({ op: 'insert', at: 0, text: 'left' });
  await two.request({ op: 'insert', at: 0, text: 'right' });
  const before = await one.request({ op: 'health' });
  for (const [, request] of HOSTILE) {
    const page = two.request({ op: 'render', from: 0, to: 5 });
    await one.request(request);
    assert.equal((await page).result, '<p>right</p>');
    assert.equal((await two.request({ op: 'read', from: 0, to: 5 })).result, 'right');
  }
  const { restarts } = await two.request({ op: 'health' });
  assert.equal(restarts - before.restarts, 2, 'both are in one instance');
  assert.equal((await one.request({ op: 'read', from: 0, to: 4 })).result, 'left');
  await Promise.all([one.close(), two.close()]);
});

test('what was answered is there when the object comes back, asked for nothing', async () => {
  const client = await Client.open(server.url, 'evicted');
  await client.request({ op: 'insert', at: 0, text: 'kept' });
  await client.request({ op: 'crash' });
  await client.request({ op: 'insert', at: 4, text: ', all of it' });
  await client.request({ op: 'evict' }).catch(() => {});
  assert.deepEqual(await text(server.url, 'evicted'), { text: 'kept, all of it', sequence: 2 });
});

test('an object that comes back frees the room that it had', async () => {
  const size = 1 << 18;
  await post(server.url, 'returns', { op: 'fill', at: 0, text: 'x', times: size });
  const before = await post(server.url, 'returns', { op: 'health' });
  for (let turn = 0; turn < 10; turn += 1) {
    await post(server.url, 'returns', { op: 'evict' }).catch(() => {});
    assert.equal((await post(server.url, 'returns', { op: 'read', from: size - 1, to: size })).result, 'x');
  }
  const { liveBytes } = await post(server.url, 'returns', { op: 'health' });
  assert.ok(liveBytes < before.liveBytes + 2 * size, `${liveBytes} bytes are live, ${before.liveBytes} were`);
});

/** The processes of workerd that this one started. */
function workerds() {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return name === 'workerd' && Number(parent) === process.pid;
    } catch {
      return false;
    }
  }).map(Number);
}

test('workerd is killed again and again in the midst of edits: what was answered is there', async (t) => {
  const persist = mkdtempSync(join(tmpdir(), 'recover-room-'));
  t.after(() => rmSync(persist, { recursive: true, force: true }));
  let [answered, sent] = [0, 0];
  for (let turn = 0; turn < 5; turn += 1) {
    const before = workerds();
    const own = await serve({ package: directory, bindings, persist });
    t.after(() => own.dispose());
    const [pid] = workerds().filter((each) => !before.includes(each));
    assert.ok(pid !== undefined, 'workerd is a child of this process');
    const found = await text(own.url, 'killed');
    assert.ok(found.sequence >= answered && found.sequence <= sent, `${found.sequence} edits are there, ${answered} were answered and ${sent} sent`);
    assert.equal(found.text, Array.from({ length: found.sequence }, (_, edit) => `${found.sequence - 1 - edit} `).join(''));
    answered = sent = found.sequence;
    const client = await Client.open(own.url, 'killed');
    // Many are under way when it dies, beside some that fail.
    const until = answered + 150 + 37 * turn;
    await new Promise((/** @type {(ended: void) => void} */ resolve) => {
      const send = () => {
        const number = sent;
        sent += 1;
        client.request({ op: 'insert', at: 0, text: `${number} ` }).then(({ sequence }) => {
          assert.equal(sequence, number + 1);
          answered = sequence;
          if (answered === until) process.kill(pid, 'SIGKILL');
          send();
        }, () => resolve());
        if (number % 100 === 50) client.request({ op: 'shift', from: 0, to: 2, at: 4e9 }).catch(() => {});
        if (number % 100 === 99) client.request({ op: 'crash' }).catch(() => {});
      };
      for (let each = 0; each < 20; each += 1) send();
    });
    assert.ok(answered >= until, `${answered} were answered`);
    await own.dispose();
  }
});

test('ends that a client causes shut out nobody, unless a limit is set: then the sixth is the last', async (t) => {
  const open = await serve({ package: directory });
  t.after(() => open.dispose());
  const [hostile, other] = [await Client.open(open.url, 'hostile'), await Client.open(open.url, 'other')];
  for (let turn = 1; turn <= 12; turn += 1) {
    assert.equal((await hostile.request({ op: 'crash' })).error.code, 'E_INSTANCE_ABORTED');
    assert.equal((await other.request({ op: 'insert', at: 0, text: 'x' })).sequence, turn);
  }
  const limited = await serve({ package: directory, bindings: { RESTARTS: 5 } });
  t.after(() => limited.dispose());
  const client = await Client.open(limited.url, 'limited');
  await client.request({ op: 'insert', at: 0, text: 'x' });
  const codes = [];
  for (let turn = 0; turn < 7; turn += 1) codes.push((await client.request({ op: 'crash' })).error.code);
  assert.deepEqual(codes, [...Array(6).fill('E_INSTANCE_ABORTED'), 'E_RESTART_LIMIT']);
  const refused = await post(limited.url, 'limited', { op: 'read', from: 0, to: 1 });
  assert.deepEqual([refused.status, refused.error.name], [503, 'RestartLimitError']);
});
