import * as vscode from 'vscode';

/** A question that must be answered before anything happens. */
export interface Question {
  readonly message: string;
  readonly detail?: string;
  /** What can be answered, besides not at all. */
  readonly choices: readonly string[];
}

export type Answer = (question: Question) => string | undefined;

let answerInstead: Answer | undefined;

/** Asks in a modal dialog. undefined: the user backed out. */
export async function ask(question: Question): Promise<string | undefined> {
  if (answerInstead !== undefined) return answerInstead(question);
  return vscode.window.showWarningMessage(question.message, { modal: true, ...(question.detail === undefined ? {} : { detail: question.detail }) }, ...question.choices);
}

/** Asks for a line of text. undefined: the user backed out. An answer given in the user's place is checked like theirs. */
export async function askText(options: vscode.InputBoxOptions & { readonly title: string }): Promise<string | undefined> {
  if (answerInstead === undefined) return vscode.window.showInputBox(options);
  const answer = answerInstead({ message: options.title, choices: [] });
  return answer === undefined || await options.validateInput?.(answer) !== undefined ? undefined : answer;
}

/** Answers in the user's place; undefined asks the user again. For tests: VS Code shows no dialogs under test. */
export function answerQuestionsWith(answer: Answer | undefined): void {
  answerInstead = answer;
}
