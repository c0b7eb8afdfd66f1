import { type ByteDuplex, decodeText, encodeText } from '../../base/index.ts';

export interface HttpGetRequest {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export interface HttpGetAnswer {
  readonly statusCode: number;
  readonly location: string | undefined;
  /** The first bytes of the body. */
  readonly body: string;
}

/** As much of an answer as a probe reads. Kubernetes: probe/http, maxRespBodyLength. */
const answerBytesMax = 10 * 1024;

/** One HTTP/1.1 GET on a connection, which it ends. Rejects where the answer is no HTTP. */
export async function httpGet(connection: ByteDuplex, request: HttpGetRequest): Promise<HttpGetAnswer> {
  const hasHeader = (name: string) => request.headers.some((header) => header.name.toLowerCase() === name);
  const lines = [
    `GET ${request.path.startsWith('/') ? request.path : `/${request.path}`} HTTP/1.1`,
    ...(hasHeader('host') ? [] : [`Host: ${request.host}:${request.port}`]),
    ...(hasHeader('user-agent') ? [] : ['User-Agent: kube-probe/1.36']),
    ...(hasHeader('accept') ? [] : ['Accept: */*']),
    ...request.headers.map((header) => `${header.name}: ${header.value}`),
    'Connection: close',
  ];
  try {
    await connection.writer.write(encodeText(`${lines.join('\r\n')}\r\n\r\n`));
    let text = '';
    let answer = parseAnswer(text, false);
    while (answer === undefined && text.length < answerBytesMax) {
      const chunk = await connection.reader.read();
      text += chunk === undefined ? '' : decodeText(chunk);
      answer = parseAnswer(text, chunk === undefined);
      if (chunk === undefined) break;
    }
    answer ??= parseAnswer(text, true);
    if (answer === undefined) throw new Error(text === '' ? 'EOF' : `net/http: HTTP/1.x transport connection broken: malformed HTTP response "${text.split('\r\n')[0]}"`);
    return answer;
  } finally {
    connection.reader.cancel();
    connection.writer.end();
  }
}

/** The answer in text, or undefined where more has to come. */
function parseAnswer(text: string, isWhole: boolean): HttpGetAnswer | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...headerLines] = text.slice(0, headEnd).split('\r\n');
  const match = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine);
  if (match === null) return undefined;
  const header = (name: string) => headerLines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1).trim();
  const body = text.slice(headEnd + 4);
  const length = header('content-length');
  const isChunked = header('transfer-encoding')?.toLowerCase() === 'chunked';
  const isComplete = isWhole || (length !== undefined && body.length >= Number(length)) || (isChunked && body.endsWith('0\r\n\r\n'));
  return isComplete ? { statusCode: Number(match[1]), location: header('location'), body } : undefined;
}
