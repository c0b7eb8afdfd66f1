/** Bits of a hash that are dealt: more would make the last card uneven. Kubernetes: shufflesharding.MaxHashBits. */
const HASH_BITS = 60n;

/**
 * The queues that a flow may choose among, out of `deck`. Flows that share one queue hardly share a whole hand, so that
 * one that floods its own leaves the others a way. Kubernetes: util/shufflesharding, Dealer.Deal.
 */
export function dealHand(hash: bigint, deck: number, handSize: number): readonly number[] {
  const hand: number[] = [];
  const remainders: number[] = [];
  let rest = hash;
  for (let index = 0; index < handSize; index++) {
    const size = BigInt(deck - index);
    remainders.push(Number(rest % size));
    rest /= size;
  }
  for (let index = 0; index < handSize; index++) {
    let card = remainders[index] ?? 0;
    for (let before = index - 1; before >= 0; before--) if (card >= (remainders[before] ?? 0)) card++;
    hand.push(card);
  }
  return hand;
}

/** Which flow this is, as a number. Upstream takes 64 bits of a SHA-256; which queues a flow gets is nobody's business but ours. */
export function hashFlow(flowSchemaName: string, distinguisher: string): bigint {
  const text = `${flowSchemaName}\0${distinguisher}`;
  const low = mix(fnv(text, 0x811c9dc5));
  const high = mix(fnv(text, low ^ 0x9e3779b9));
  return ((BigInt(high) << 32n) | BigInt(low)) & ((1n << HASH_BITS) - 1n);
}

function fnv(text: string, seed: number): number {
  let hash = seed >>> 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}

/** Spreads what differs in few bits over all. Source: MurmurHash3, fmix32. */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}
