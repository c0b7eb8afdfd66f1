import { hasReason } from '../../api/index.ts';
import { isNamespaceTerminating } from './owners.ts';

/** Awaits a creation that somebody else may have made, or that a namespace on its way out refuses: both are fine. */
export async function createUnlessThere(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
  }
}

/** Awaits a write to an object that may be gone: that is fine. */
export async function unlessGone<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
