import { describe, expect, it } from 'vitest';
import { encodeText } from '../../src/base/index.ts';
import { VolumeFiles } from '../../src/kubelet/volumes/volume-files.ts';
import { replaceFiles } from '../../src/kubelet/volumes/volumes.ts';

describe('the files of a volume', () => {
  const setUp = () => {
    const made: string[] = [];
    const files = new VolumeFiles();
    files.set('ca.crt', encodeText('ca'));
    files.setLazily('token', () => {
      made.push('token');
      return encodeText('signed');
    });
    return { files, made };
  };

  it('are listed without being made, made at the first read, and made once', () => {
    const { files, made } = setUp();
    expect([[...files.keys()], files.size, files.has('token'), made]).toEqual([['ca.crt', 'token'], 2, true, []]);
    const token = files.get('token');
    expect([token, files.get('token') === token, made]).toEqual([encodeText('signed'), true, ['token']]);
  });

  it('are all made for whoever reads them all', () => {
    const { files } = setUp();
    const wanted = [['ca.crt', encodeText('ca')], ['token', encodeText('signed')]];
    expect([...files]).toEqual(wanted);
    expect([...setUp().files.entries()]).toEqual(wanted);
    expect([...setUp().files.values()]).toEqual(wanted.map(([, bytes]) => bytes));
    const seen: unknown[] = [];
    setUp().files.forEach((bytes, path) => seen.push([path, bytes]));
    expect(seen).toEqual(wanted);
  });

  it('take over a newer token without making it, in place of the one that was read', () => {
    const { files, made } = setUp();
    files.get('token');
    const next = new VolumeFiles();
    next.set('ca.crt', files.get('ca.crt') as Uint8Array);
    next.setLazily('token', () => encodeText('newer'));
    expect([replaceFiles(files, next), made, files.get('token')]).toEqual([true, ['token'], encodeText('newer')]);
    expect(replaceFiles(files, new VolumeFiles([['token', files.get('token') as Uint8Array]]))).toBe(true); // ca.crt is gone
    expect([...files.keys()]).toEqual(['token']);
  });
});
