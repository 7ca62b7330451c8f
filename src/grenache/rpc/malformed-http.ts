/** Answers data that node could not parse as an HTTP request, and closes the connection. */
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
  const body = format('ERR_HTTP_REQUEST', refusal.text);
  const head = [
    `HTTP/1.1 ${refusal.status}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** node stores the answer of a connection in this field; its own handler checks it in the same way. */
function hasStartedAnswer(socket: Duplex & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent ?? false;
}
