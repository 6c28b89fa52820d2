/* Requests as bytes: what no client library would send. */
import { connect } from 'node:net';
import { isRecord } from '../../../src/kernel/json.ts';

export interface WireRequest {
  readonly method?: string;
  readonly target?: string;
  /** Lines. A Host and a Content-Length of ours go before them unless one of these is one. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  /** The local address that the connection comes from. */
  readonly from?: string;
}

export interface WireAnswer {
  readonly status: number;
  /** The status line and the headers. */
  readonly head: string;
  readonly text: string;
  /** The body, when it is JSON. */
  readonly value: unknown;
  /** Of the error that it holds, in the shape of an operation or of JSON-RPC. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

export interface Wired {
  readonly port: number;
  readonly from?: string | undefined;
  /** Ends the connection once one answer is whole: streams of MCP keep it open whatever the request says. */
  readonly once?: boolean;
}

const isWhole = (text: string): boolean => {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  return /^transfer-encoding: chunked/im.test(head) && text.endsWith('\r\n0\r\n\r\n');
};

const silenceMs = 5_000;

/** Sends bytes over a connection of their own; all that comes until the other side ends it, or says nothing for long. */
export const speak = ({ port, from, once = false }: Wired, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ...(from !== undefined && { localAddress: from }) });
    let text = '';
    socket.setEncoding('latin1');
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (once && isWhole(text)) socket.end();
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Buffer.from(text, 'latin1').toString('utf8')));
    // A hub may cut off whoever goes on writing after its answer.
    socket.on('error', (error) => {
      if (text === '') reject(error);
      else resolve(Buffer.from(text, 'latin1').toString('utf8'));
    });
  });

export const bytesOf = (port: number, request: WireRequest): Buffer => {
  const { method = 'GET', target = '/', headers = [], body = '' } = request;
  const has = (name: string): boolean => headers.some((line) => line.toLowerCase().startsWith(`${name}:`));
  const bytes = Buffer.from(body);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(has('host') ? [] : [`Host: 127.0.0.1:${port}`]),
    ...(has('content-length') || has('transfer-encoding') || bytes.length === 0
      ? []
      : [`Content-Length: ${bytes.length}`]),
    'Connection: close',
    ...headers,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), bytes]);
};

export const answerIn = (text: string): WireAnswer => {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  return { head, ...bodyIn(Number(head.split(' ')[1] ?? 0), end < 0 ? '' : text.slice(end + 4)) };
};

/** What a body says, and the error in it. */
export const bodyIn = (status: number, body: string): Omit<WireAnswer, 'head'> => {
  // What was cut off while the client wrote on comes in chunks: its JSON is one of them.
  const text = /^[0-9a-f]+\r\n([\s\S]*?)\r\n(?:0\r\n|$)/.exec(body)?.[1] ?? body;
  const value = jsonIn(text);
  const error = isRecord(value) && isRecord(value['error']) ? value['error'] : {};
  const data = isRecord(error['data']) ? error['data'] : {};
  const code = typeof error['code'] === 'string' ? error['code'] : data['code'];
  const { message } = error;
  return {
    status,
    text,
    value,
    code: typeof code === 'string' ? code : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
};

const jsonIn = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
};
