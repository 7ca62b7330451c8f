/** Answers without node's HTTP server: to data that it could not parse as a request, and before it closes a connection. */
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../protocol/errors.ts';

interface Refusal {
  readonly status: string;
  readonly text: string;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', text: 'the request took too long' },
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', text: 'the headers are too large' },
};
const NOT_HTTP: Refusal = { status: '400 Bad Request', text: 'this is not HTTP' };

export function answerMalformedHttp(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  format: (code: ErrorCode, text: string) => string,
): void {
  // An answer that is partly sent must not be mixed with another one.
  if (!socket.writable || error.code === 'ECONNRESET' || hasStartedAnswer(socket)) {
    socket.destroy();
    return;
  }
  const refusal = REFUSALS[error.code ?? ''] ?? NOT_HTTP;
  socket.end(rawAnswer(refusal.status, format('ERR_HTTP_REQUEST', refusal.text)), () => socket.destroy());
}

/** @param status such as `400 Bad Request` */
export function rawAnswer(status: string, body: string): string {
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** node stores the answer of a connection in this field; its own handler checks it in the same way. */
function hasStartedAnswer(socket: Duplex & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent ?? false;
}
