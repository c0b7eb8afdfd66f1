import type { UserInfo } from '../server.ts';
import type { FlowTicket } from './flow-control.ts';
import type { RequestInfo } from './match.ts';

/** Kubernetes: --max-requests-inflight, --max-mutating-requests-inflight. */
const READS_MAX = 400;
const WRITES_MAX = 200;

/** Two plain limits where there is no flow control: nobody waits, administrators are always let in. Kubernetes: filters/maxinflight.go. */
export class MaxInFlight {
  private reads = 0;
  private writes = 0;

  begin(user: UserInfo, { verb }: RequestInfo): FlowTicket {
    const isRead = verb === 'get' || verb === 'list' || verb === 'watch';
    const isFull = isRead ? this.reads >= READS_MAX : this.writes >= WRITES_MAX;
    const isCounted = verb !== 'watch' && !isFull;
    if (isCounted) this.add(isRead, 1);
    let open = isCounted;
    return {
      flowSchemaUid: '', priorityLevelUid: '', admitted: !isFull || verb === 'watch' || user.groups.includes('system:masters'), retryAfterSeconds: 1,
      finish: () => {
        if (open) this.add(isRead, -1);
        open = false;
      },
    };
  }

  private add(isRead: boolean, change: 1 | -1): void {
    if (isRead) this.reads += change;
    else this.writes += change;
  }
}
