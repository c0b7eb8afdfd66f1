import { describe, expect, it } from 'vitest';
import { createLab } from './lab.ts';

interface Row {
  readonly script: string;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
  readonly stdin?: string;
}

/** What busybox's sh prints, with everything compared. */
const rows: readonly Row[] = [
  { script: `echo "a  b" c 'd  $x'`, stdout: 'a  b c d  $x\n' },
  { script: 'x=1; y=$((x + 2 * 3)); echo $y ${x:-q} ${z:-q} ${#y} $((0x10 % 7)) $((1 ? 2 : 3))', stdout: '7 1 q 1 2 2\n' },
  { script: 'a=foo.tar.gz; echo ${a%.*} ${a%%.*} ${a#*.} ${a##*.} ${a/tar/zip}', stdout: 'foo.tar foo tar.gz gz foo.zip.gz\n' },
  { script: 'for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done | tail -n 1', stdout: '3\n' },
  { script: 'i=0; until [ $i -ge 2 ]; do i=$((i+1)); echo $i; done; while true; do break; done; echo end', stdout: '1\n2\nend\n' },
  { script: 'case abc in x|a*) echo first;; *) echo other;; esac; case q in [a-f]) echo no;; ?) echo one;; esac', stdout: 'first\none\n' },
  { script: 'f() { local a=in; echo "$1 $a $#"; return 3; }; a=out; f x y; echo "$? $a"', stdout: 'x in 2\n3 out\n' },
  { script: 'g() { local a=g; echo $a; }; f() { local a=in; (local a=sub; g; echo $a); echo $a; }; a=out; f | cat; f; echo $a', stdout: 'g\nsub\nin\ng\nsub\nin\nout\n' },
  { script: 'false && echo a || echo b; ! true; echo $?; (exit 4); echo $?; { echo group; } > /tmp/g; cat /tmp/g', stdout: 'b\n1\n4\ngroup\n' },
  { script: 'cat <<EOF\nhome $HOME $((1+1))\nEOF\ncat <<"EOF"\nhome $HOME\nEOF\ncat <<-EOF\n\tindented\n\tEOF', stdout: 'home /root 2\nhome $HOME\nindented\n' },
  { script: 'echo "$(echo a; echo b)" $(echo c; echo d) `echo e`', stdout: 'a\nb c d e\n' },
  { script: 'set -- a "b c"; for w in "$@"; do echo "<$w>"; done; for w in $*; do echo "<$w>"; done; shift; echo "$# $1"', stdout: '<a>\n<b c>\n<a>\n<b>\n<c>\n1 b c\n' },
  { script: 'echo "one two three" | { read first rest; echo "$rest"; }; printf "a\\nb\\n" | while read l; do echo "<$l>"; done', stdout: 'two three\n<a>\n<b>\n' },
  { script: 'read a; cat', stdin: 'first\nsecond\nthird\n', stdout: 'second\nthird\n' },
  { script: 'ls /nope 2>&1 >/dev/null; echo $?; ls /nope 2>/dev/null || echo failed', stdout: 'ls: /nope: No such file or directory\n1\nfailed\n' },
  { script: 'exec 3> /tmp/three; echo three >&3; exec 3>&-; cat < /tmp/three; echo x >&3', stdout: 'three\n', stderr: 'sh: 3: Bad file descriptor\n', code: 1 },
  { script: 'foo; echo $?; ./bar', stdout: '127\n', stderr: 'sh: foo: not found\nsh: ./bar: not found\n', code: 127 },
  { script: 'printf "#!/bin/sh\\necho run \\$1\\n" > /tmp/s; /tmp/s; echo $?; chmod +x /tmp/s; /tmp/s arg; printf "echo plain" > /tmp/p; chmod 755 /tmp/p; /tmp/p', stdout: '126\nrun arg\nplain\n', stderr: 'sh: /tmp/s: Permission denied\n' },
  { script: 'set -e; echo before; false; echo after', stdout: 'before\n', code: 1 },
  { script: 'set -e; if false; then :; fi; false || true; ! true; echo alive; x=$(false); echo dead', stdout: 'alive\n', code: 1 },
  { script: 'set -u; echo ${nope-fine}; echo $nope', stdout: 'fine\n', stderr: 'sh: nope: parameter not set\n', code: 2 },
  { script: 'set -x; a=1; echo $a "b c"', stdout: '1 b c\n', stderr: "+ a=1\n+ echo 1 'b c'\n" },
  { script: 'echo ${x?is unset}; echo no', stderr: 'sh: x: is unset\n', code: 2 },
  { script: 'trap "echo bye" EXIT; echo x; exit 3', stdout: 'x\nbye\n', code: 3 },
  { script: 'trap "echo got; exit 5" TERM; kill -TERM $$; echo not reached', stdout: 'got\n', code: 5 },
  { script: 'trap "" TERM; kill $$; echo ignored; kill -KILL $$; echo no', stdout: 'ignored\n', code: 137 },
  { script: 'kill -INT $$', code: 130 },
  { script: 'sleep 100 & p=$!; kill $p; wait $p; echo $?; (exit 3) & wait $!; echo $?', stdout: '143\n3\n' },
  { script: 'yes | head -n 2; echo $?', stdout: 'y\ny\n0\n' },
  { script: 'mkdir -p /tmp/w/a; cd /tmp/w; touch b c1 c2; echo * c? [bc]*; echo "*" nothing*; cd -; ls -a /tmp/w', stdout: 'a b c1 c2 c1 c2 b c1 c2\n* nothing*\n/\n.\n..\na\nb\nc1\nc2\n' },
  { script: 'export A=1; B=2; C=3 sh -c \'echo "$A $B $C"\'; echo "[$C]"; unset A; sh -c \'echo "$A"\'', stdout: '1  3\n[]\n\n' },
  { script: 'IFS=:; x=a:b::c; set -- $x; echo $#; unset IFS; y="  a   b "; set -- $y; echo "$#$1$2"', stdout: '4\n2ab\n' },
  { script: 'echo $((1/0))', stderr: 'sh: divide by zero\n', code: 2 },
  { script: 'echo "unclosed', stderr: 'sh: unterminated quoted string\n', code: 2 },
  { script: 'if true; then echo x; done', stderr: 'sh: syntax error: unexpected "done" (expecting "fi")\n', code: 2 },
  { script: 'f() { f; }; f', stderr: 'sh: f: maximum function nesting level exceeded (1000)\n', code: 2 },
  { script: 'eval "a=5; echo \\$a"; . /tmp/lib 2>&1; printf "v=7\\n" > /tmp/lib; . /tmp/lib; echo $v', stdout: "5\n", stderr: "sh: can't open '/tmp/lib': No such file or directory\n", code: 2 },
  { script: 'while getopts "ab:" o -a -b val; do echo "$o $OPTARG"; done', stdout: 'a \nb val\n' },
  { script: '[[ abc == a* && ! x == y ]] && echo yes; (( 3 > 2 )) && echo big; test 1 -lt x', stdout: 'yes\nbig\n', stderr: 'sh: test: x: bad number\n', code: 2 },
  { script: 'echo hi > /proc/version; echo x > /etc/none/x; cat /none', stderr: "sh: can't create /proc/version: Read-only file system\nsh: can't create /etc/none/x: nonexistent directory\ncat: can't open '/none': No such file or directory\n", code: 1 },
  { script: 'x=$(cat /dev/zero); echo $?', code: 137 },
  // the commands
  { script: 'printf "%s=%03d|%-4s|%5.1f\\n" a 7 b 2.25 c 8 d 1', stdout: 'a=007|b   |  2.3\nc=008|d   |  1.0\n' },
  { script: 'printf "b 2\\na 10\\nb 2\\nc 1\\n" | sort -k2n | uniq -c | sed "s/^ *//"', stdout: '1 c 1\n2 b 2\n1 a 10\n' },
  { script: 'printf "a:b:c\\nd:e:f\\n" | cut -d: -f1,3 | tr a-z A-Z | paste 2>/dev/null; echo one two | wc -w | tr -d " "', stdout: '2\n' },
  { script: 'seq 5 | sed -n "2,3p;\\$p"; echo a/b | sed "s#/#-#;s/\\(a\\)-\\(b\\)/\\2-\\1/"; seq 3 | sed "/2/d"', stdout: '2\n3\n5\nb-a\n1\n3\n' },
  { script: 'printf "GET /a\\nPOST /b\\nget /c\\n" > /tmp/l; grep -c GET /tmp/l; grep -in get /tmp/l; grep -v -E "^(GET|get)" /tmp/l; grep -o "/[a-z]" /tmp/l; grep -q none /tmp/l; echo $?', stdout: '1\n1:GET /a\n3:get /c\nPOST /b\n/a\n/b\n/c\n1\n' },
  { script: 'echo "x y z" | awk \'{print $2, NF}\'; printf "a,1\\nb,2\\n" | awk -F, \'BEGIN{s=0} {s+=$2} END{print "sum", s}\'', stdout: 'y 3\nsum 3\n' },
  { script: 'find /etc -name "host*" -type f | sort | xargs -n1 basename; basename /a/b.txt .txt; dirname /a/b', stdout: 'hostname\nhosts\nb\n/a\n' },
  { script: 'mkdir /tmp/t; echo hello > /tmp/t/f; ln -s f /tmp/t/l; tar cf /tmp/t.tar -C /tmp t; mkdir /tmp/o; tar xf /tmp/t.tar -C /tmp/o; cat /tmp/o/t/l; readlink /tmp/o/t/l; tar tf /tmp/t.tar', stdout: 'hello\nf\nt/\nt/f\nt/l\n' },
  { script: 'echo hi | md5sum; printf abc | sha256sum; printf "\\377" | base64; echo aGkK | base64 -d', stdout: '764efa883dda1e11db47671c4a3bbd9e  -\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -\n/w==\nhi\n' },
  { script: 'date -d @86400 "+%F %T %a %j"; expr 3 + 4 \\* 2; seq -s, 3; dd if=/dev/zero bs=1k count=2 2>/dev/null | wc -c', stdout: '1970-01-02 00:00:00 Fri 002\n11\n1,2,3\n2048\n' },
  { script: 'echo a > /tmp/m; mv /tmp/m /tmp/n; cp /tmp/n /tmp/k; rm /tmp/n; cat /tmp/k; rm /tmp/n; rm -f /tmp/n; echo $?; mkdir /tmp/d; rm /tmp/d', stdout: 'a\n0\n', stderr: "rm: can't remove '/tmp/n': No such file or directory\nrm: '/tmp/d' is a directory\n", code: 1 },
  { script: 'ls -Z', stderr: 'ls: unrecognized option: Z\n', code: 1 },
  { script: 'ps', stdout: 'PID   USER     TIME  COMMAND\n    1 root      0:00 sleep 100000\n    2 root      0:00 sh -c ps\n    3 root      0:00 ps\n' },
  { script: 'timeout 0.01 sleep 10; echo $?; cat /proc/1/cmdline | tr "\\0" " "; hostname; whoami', stdout: '143\nsleep 100000 pod-1\nroot\n' },
];

describe('sh in a busybox container', () => {
  for (const row of rows) {
    it(`runs ${JSON.stringify(row.script)}`, async () => {
      const lab = createLab();
      const { id } = await lab.run({ image: 'busybox', command: ['sleep', '100000'] });
      expect(await lab.exec(id, ['sh', '-c', row.script], row.stdin)).toEqual({ stdout: row.stdout ?? '', stderr: row.stderr ?? '', code: row.code ?? 0 });
      await lab.runtime.stopContainer(id, 0);
    });
  }

  it('words its errors as bash in an image of Debian', async () => {
    const lab = createLab();
    const { id } = await lab.run({ image: 'nginx' });
    expect(await lab.exec(id, ['bash', '-c', 'foo; echo {1..3} a{b,c}d; cat /none'])).toEqual({
      stdout: '1 2 3 abd acd\n', stderr: 'bash: line 1: foo: command not found\ncat: /none: No such file or directory\n', code: 1,
    });
  });

  it('runs a script from standard input line by line, whose commands read from it too', async () => {
    const lab = createLab();
    const { id } = await lab.run({ image: 'busybox', command: ['sleep', '100000'] });
    expect(await lab.exec(id, ['sh'], 'read x\nvalue\nif true\nthen echo "$x"\nfi\nexit 4\necho no\n')).toEqual({ stdout: 'value\n', stderr: '', code: 4 });
  });
});
