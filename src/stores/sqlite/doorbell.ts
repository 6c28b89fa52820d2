import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from 'node:fs';
import { fileMode } from './format.ts';
import { type FileIdentity, fileIdentity, sameFile } from './inspect.ts';
import { markText, type Watermark } from './watermark.ts';

/**
 * A file beside the journal, written after each commit and watched by everybody else. Watching SQLite's own files
 * instead would wake too early: they change before the commit can be read. As a bell it is only a hint; who misses it
 * finds out within a second all the same. What is written there is the watermark, for whoever opens the journal next.
 */
export class Doorbell {
  readonly #path: string;
  #handle: number | undefined;
  #file: FileIdentity | undefined;
  #watcher: FSWatcher | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  ring(mark: Watermark): void {
    try {
      this.#makeSure();
      if (this.#handle !== undefined) writeSync(this.#handle, markText(mark), 0);
    } catch {
      this.#release();
    }
  }

  /** Begins to listen, or begins again if somebody removed the file. Calling it often costs little. */
  listen(heard: () => void): void {
    try {
      if (this.#watcher !== undefined && sameFile(this.#file, fileIdentity(this.#path))) return;
      this.close();
      this.#makeSure();
      this.#file = fileIdentity(this.#path);
      this.#watcher = watch(this.#path, { persistent: false }, heard);
      this.#watcher.on('error', () => this.close());
    } catch {
      this.close();
    }
  }

  deafen(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  close(): void {
    this.deafen();
    this.#release();
  }

  #makeSure(): void {
    try {
      this.#handle ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, fileMode);
    } catch {
      // Who may not ring may still listen.
    }
  }

  #release(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}
