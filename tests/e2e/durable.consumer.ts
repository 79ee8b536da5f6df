// What TypeScript makes of durable objects, strictly. It is compiled and never run.
import {
  Fleeting, LeaseError, RecoverError, Room, StoreError, Tally, recovery,
  type Durable, type DurableContents, type DurableOptions, type DurableStore, type DurableStored,
} from 'fixture_durable';

/** Fails to compile unless both are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(is: Same<A, B>): void => { void is; };

const contents: DurableContents = { snapshots: [], chunks: [{ at: 0, bytes: new Uint8Array() }] };
const stored: DurableStored = { read: () => contents, append() {}, snapshot: async () => {}, drop() {}, close() {} };
const store: DurableStore = { open: () => stored };
const waits: DurableStore = { open: async () => stored };
const options: DurableOptions<Room> = { create: () => new Room('a'), acknowledge: 'journaled', snapshotAfter: 1 };

export async function durable(): Promise<void> {
  const room = await Room.open(store, 'a', options);
  same<typeof room, Durable<Room>>(true);
  same<Awaited<ReturnType<typeof room.say>>, number>(true);
  same<ReturnType<typeof room.refuse>, Promise<number>>(true);
  // Asynchronous ones are not wrapped twice.
  same<ReturnType<typeof room.later>, Promise<number>>(true);
  same<typeof room.title, Promise<string>>(true);
  same<ReturnType<typeof room.all>, Promise<string[]>>(true);
  // The control hides the method of its name, which is elsewhere.
  same<ReturnType<typeof room.close>, Promise<void>>(true);
  same<ReturnType<typeof room.calls.close>, Promise<number>>(true);
  same<typeof room.name, string>(true);
  same<typeof room.sequence, number>(true);
  await room.with({ acknowledge: 'durable', key: 'k' }).say('x');
  await room.assign({ title: 'b' });
  const key: string | undefined = recovery.idempotencyKey;
  const bytes: Uint8Array = recovery.export(new Room('b'), { journal: true });
  void [key, bytes, recovery.export(new Room('b')), waits];
  const tally: Durable<Tally> = await Tally.open(waits, 't');
  void tally;

  // @ts-expect-error it is not to be freed
  room.free();
  // @ts-expect-error a property is set by `assign`
  room.title = 'c';
  // @ts-expect-error the argument is a text
  room.say(1);
  // @ts-expect-error there is no such way
  room.with({ acknowledge: 'soon' });
  // @ts-expect-error it does not persist
  Fleeting.open(store, 'a');
  // @ts-expect-error what `create` makes is of another class
  Room.open(store, 'a', { create: () => new Tally(1) });
  // @ts-expect-error this is no store
  Room.open({}, 'a');
}

export function told(error: unknown): string | undefined {
  if (error instanceof LeaseError) {
    same<typeof error.code, 'E_LEASE'>(true);
    return error.object;
  }
  if (error instanceof StoreError) {
    const kind: 'store' | 'lease' = error.kind;
    return `${kind} ${error.class} ${String(error.cause)}`;
  }
  return error instanceof RecoverError ? error.kind : undefined;
}
