// What the worker's scripts need to know of the Workers runtime and of the package, which
// is built later. Types alone.

/** A room of either package. */
export interface Room {
  readonly sequence: number;
  readonly length: number;
  insert(at: number, text: string): number;
  delete(from: number, to: number): number;
  shift(from: number, to: number, at: number): number;
  fill(at: number, text: string, times: number): number;
  read(from: number, to: number): string;
  nesting(text: string): number;
  nesting_unguarded(text: string): number;
  crash(): void;
  free(): void;
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
  storage: {
    get(key: string): Promise<unknown>;
    put(key: string, value: unknown): Promise<void>;
    setAlarm(time: number): Promise<void>;
  };
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
