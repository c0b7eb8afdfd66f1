/** One line of the results; ratio says how many times better ours is where there is a peer or a floor. */
export interface Row {
  readonly id: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly unit: string;
  readonly ratio: number | null;
  readonly goal: string;
  readonly met: boolean;
}
