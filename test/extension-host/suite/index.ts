import Mocha from 'mocha';

/** Called by VS Code's extension host. Resolves when all tests have passed; the last line counts them. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, color: false, reporter: 'spec' });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./drydock.ts');
  await import('./actions.ts');
  await import('./event-loop.ts');
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => {
      const { passes = 0, pending = 0 } = runner.stats ?? {};
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
      if (failures === 0) resolve();
      else reject(new Error(`${failures} failed`));
    });
  });
}
