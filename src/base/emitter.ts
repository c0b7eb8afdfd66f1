import { type Disposable, toDisposable } from './disposable.ts';

/** Subscribes a listener; the listener is called on every event until the result is disposed. */
export type Listen<T> = (listener: (event: T) => void) => Disposable;

/** Broadcasts events to listeners in the order in which they subscribed. Events tell what happened; they never steer. */
export class Emitter<T> implements Disposable {
  private listeners: readonly ((event: T) => void)[] = [];

  readonly event: Listen<T> = (listener) => {
    this.listeners = [...this.listeners, listener];
    return toDisposable(() => {
      const index = this.listeners.indexOf(listener);
      if (index >= 0) this.listeners = this.listeners.toSpliced(index, 1);
    });
  };

  fire(event: T): void {
    for (const listener of this.listeners) listener(event);
  }

  dispose(): void {
    this.listeners = [];
  }
}
