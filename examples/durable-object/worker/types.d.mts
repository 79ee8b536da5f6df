// What the worker's scripts need to know of the Workers runtime and of the package, which
// is built later. Types alone.

/** At once, or when it is stored. */
export type Answered<T> = T | Promise<T>;

/** A room of either package, in a store or not. */
export interface Room {
  readonly sequence: Answered<number>;
  readonly length: Answered<number>;
  readonly text: Answered<string>;
  insert(at: number, text: string): Answered<number>;
  delete(from: number, to: number): Answered<number>;
  shift(from: number, to: number, at: number): Answered<number>;
  fill(at: number, text: string, times: number): Answered<number>;
  read(from: number, to: number): Answered<string>;
  nesting(text: string): Answered<number>;
  nesting_unguarded(text: string): Answered<number>;
  crash(): Answered<void>;
}

/** What a client asks for. */
export interface Request_ {
  op: string;
  id?: number | string;
  at?: number;
  from?: number;
  to?: number;
  times?: number;
  text?: string;
}

/** What it gets: the status is that of HTTP. */
export interface Answer {
  status: number;
  body: object;
}

/** A WebSocket of the runtime. */
export interface Socket {
  send(data: string): void;
  close(code?: number): void;
}

/** The state of a Durable Object. */
export interface State {
  id: { toString(): string };
  storage: object;
  blockConcurrencyWhile(body: () => Promise<void>): void;
  acceptWebSocket(socket: Socket, tags: string[]): void;
  getWebSockets(tag: string): Socket[];
  abort(reason: string): void;
}

/** The bindings of wrangler.jsonc. */
export interface Env {
  ROOMS: { idFromName(name: string): object; get(id: object): { fetch(request: Request): Promise<Response> } };
  /** Restarts that there may be in ten seconds. */
  RESTARTS?: string | number;
  /** "yes" in tests. */
  EVICTABLE?: string;
  CAPTURES?: string;
}

declare global {
  const WebSocketPair: new () => { 0: Socket; 1: Socket };
  const scheduler: { wait(milliseconds: number): Promise<void> };
  interface ResponseInit {
    webSocket?: Socket;
  }
}
