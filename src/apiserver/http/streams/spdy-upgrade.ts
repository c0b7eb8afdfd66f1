import type { ByteDuplex } from '../../../base/index.ts';
import { newStatusError } from '../../../api/index.ts';
import { toByteReader, toByteWriter } from '../../../world/real/index.ts';
import type { Upgrade } from '../exchange.ts';

/** The first of the client's stream protocols that the server knows; the server's last where the client names none. 403 in upstream's words. */
export function chooseStreamProtocol(upgrade: Upgrade, known: readonly string[]): string {
  const header = upgrade.request.headers['x-stream-protocol-version'];
  const wanted = (Array.isArray(header) ? header.join(',') : header ?? '').split(',').map((item) => item.trim()).filter((item) => item !== '');
  if (wanted.length === 0) return known.at(-1) ?? '';
  const chosen = wanted.find((item) => known.includes(item));
  if (chosen === undefined) {
    throw newStatusError(403, 'Forbidden', `unable to upgrade: unable to negotiate protocol: client supports [${wanted.join(' ')}], server accepts [${known.join(' ')}]`);
  }
  return chosen;
}

/** Switches the connection to SPDY/3.1. */
export function acceptSpdy(upgrade: Upgrade, protocol: string): ByteDuplex {
  const { socket, head } = upgrade;
  upgrade.taken = true;
  if (head.length > 0) socket.unshift(head);
  const duplex = { reader: toByteReader(socket), writer: toByteWriter(socket) };
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`);
  return duplex;
}
