import { messageOf } from '../base/index.ts';
import { runUp } from './up.ts';
import { parseUpOptions, USAGE, UsageError } from './options.ts';

const [verb, ...args] = process.argv.slice(2);
if (verb === 'up' && !args.includes('--help')) void up();
else if (verb === 'up' || verb === undefined || verb === 'help' || verb === '--help') exit(verb === undefined ? 2 : 0, USAGE);
else exit(2, `unknown command ${JSON.stringify(verb.slice(0, 80))}; try: drydock up`);

async function up(): Promise<void> {
  try {
    await runUp(parseUpOptions(args));
  } catch (error) {
    if (error instanceof UsageError) exit(2, error.message);
    exit(1, messageOf(error));
  }
}

function exit(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
