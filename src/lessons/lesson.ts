/** A lesson: its structure from lesson.yaml, its words from one file a language. */
export interface Lesson {
  readonly id: string;
  /** The chapter of the course, e.g. "4". */
  readonly chapter: string;
  readonly minutes: number;
  readonly title: string;
  readonly summary: string;
  readonly steps: readonly LessonStep[];
  /** What the lesson may have made in the cluster, for reset. */
  readonly resources: readonly LessonResource[];
}

export interface LessonStep {
  readonly id: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  readonly commands: readonly LessonCommand[];
  /** Paths below the lesson's folder. */
  readonly files: readonly string[];
  readonly checks: readonly LessonCheck[];
  readonly hints: readonly string[];
  readonly solution: string | undefined;
}

export interface LessonCommand {
  readonly run: string;
  /** It runs until it is stopped, so that it needs a terminal of its own. */
  readonly keepsRunning: boolean;
}

/** Names objects in the cluster: by name, or all with a label. */
export interface LessonResource {
  readonly group: string;
  /** Lower-case plural. */
  readonly resource: string;
  readonly name: string | undefined;
  readonly labelSelector: string | undefined;
}

/** A goal that the cluster itself can be asked about. */
export type LessonCheck = { readonly id: string; readonly text: string; readonly namespace: string } & (
  /** The object exists, and each path (dots, indexes as numbers) has the value. */
  | { readonly kind: 'object'; readonly resource: LessonResource; readonly equals: ReadonlyMap<string, string | number | boolean> }
  | { readonly kind: 'absent'; readonly resource: LessonResource }
  /** So many pods with the label are ready. replaced: none of them was there when the step began; ready undefined: those are gone. */
  | { readonly kind: 'pods'; readonly labelSelector: string; readonly ready: number | undefined; readonly replaced: boolean; readonly none: boolean }
  /** So many endpoints of a Service are ready. */
  | { readonly kind: 'endpoints'; readonly service: string; readonly ready: number }
  /** Logs of pods with the label contain a text. grows: in more lines than when the step began; inEach: in each pod's log. */
  | { readonly kind: 'logs'; readonly labelSelector: string; readonly contains: string; readonly grows: boolean; readonly inEach: boolean }
);

/** What was there when a step began, so that checks can ask for what is new. */
export interface Baseline {
  /** By label selector: uids of pods. */
  readonly podUids: Readonly<Record<string, readonly string[]>>;
  /** By check id: lines that matched. */
  readonly logLines: Readonly<Record<string, number>>;
}

export interface CheckResult {
  readonly passed: boolean;
  /** Why not, in data: the session's host puts it into words of the user's language. */
  readonly found: string;
}
