import type { Clock } from '../../../engine/clock.ts';
import type { Outcome } from '../../../kernel/errors.ts';
import type { Hub } from '../../hub.ts';
import { type Sink, watchUpdates } from './updates.ts';

/** What somebody wants to hear of. */
export interface Wanted {
  readonly uris: readonly string[];
  /** When the list of tools may have changed. */
  readonly tools: boolean;
}

export interface Following {
  /** Whether it has begun: from then on nothing is left out. When it is refused, it is over. */
  readonly ready: Promise<Outcome<unknown>>;
  /** A second call does nothing. */
  readonly end: () => void;
}

/** The hub as all connections of a process watch it: once for each workspace that somebody follows, whoever they are. */
export class Updates {
  readonly #hub: Pick<Hub, 'changes'>;
  readonly #clock: Clock;
  readonly #rooms = new Map<string | undefined, Room>();

  constructor(hub: Pick<Hub, 'changes'>, clock: Clock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  /** How many workspaces are watched. */
  get size(): number {
    return this.#rooms.size;
  }

  /** Tells `sink` of what it wants. One that follows something twice is told once, until both have ended. */
  follow(workspace: string | undefined, wanted: Wanted, sink: Sink): Following {
    const room = this.#rooms.get(workspace) ?? this.#open(workspace);
    room.enter(wanted, sink);
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      room.leave(wanted, sink);
      if (room.empty) this.#close(workspace, room);
    };
    const ready = room.watching.then((watching) => {
      if (!watching.ok) end();
      return watching;
    });
    return { ready, end };
  }

  #open(workspace: string | undefined): Room {
    const room = new Room((sink) => watchUpdates({ hub: this.#hub, workspace, clock: this.#clock }, sink));
    this.#rooms.set(workspace, room);
    return room;
  }

  #close(workspace: string | undefined, room: Room): void {
    if (this.#rooms.get(workspace) === room) this.#rooms.delete(workspace);
    void room.watching.then((watching) => {
      if (watching.ok) watching.value();
    });
  }
}

type Audience = Map<Sink, number>;

/** Those who follow one workspace. */
class Room implements Sink {
  readonly subscribed = new Map<string, Audience>();
  readonly watching: Promise<Outcome<() => void>>;
  readonly #tools: Audience = new Map();

  constructor(watch: (sink: Room) => Promise<Outcome<() => void>>) {
    this.watching = watch(this);
  }

  get empty(): boolean {
    return this.subscribed.size === 0 && this.#tools.size === 0;
  }

  enter({ uris, tools }: Wanted, sink: Sink): void {
    for (const uri of uris) {
      const audience = this.subscribed.get(uri) ?? new Map<Sink, number>();
      this.subscribed.set(uri, audience);
      add(audience, sink);
    }
    if (tools) add(this.#tools, sink);
  }

  leave({ uris, tools }: Wanted, sink: Sink): void {
    for (const uri of uris) {
      const audience = this.subscribed.get(uri);
      if (audience === undefined) continue;
      remove(audience, sink);
      if (audience.size === 0) this.subscribed.delete(uri);
    }
    if (tools) remove(this.#tools, sink);
  }

  readonly resourceUpdated = (uri: string): void => {
    for (const sink of this.subscribed.get(uri)?.keys() ?? []) sink.resourceUpdated(uri);
  };

  readonly toolsChanged = (): void => {
    for (const sink of this.#tools.keys()) sink.toolsChanged();
  };
}

const add = (audience: Audience, sink: Sink): void => {
  audience.set(sink, (audience.get(sink) ?? 0) + 1);
};

const remove = (audience: Audience, sink: Sink): void => {
  const times = (audience.get(sink) ?? 0) - 1;
  if (times > 0) audience.set(sink, times);
  else audience.delete(sink);
};
