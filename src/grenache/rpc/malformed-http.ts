/** Answers what node could not even read as a request, so that nobody waits for us; then the connection is closed. */
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../protocol/errors.ts';

interface Complaint {
  readonly status: string;
  readonly text: string;
}

const COMPLAINTS: Readonly<Record<string, Complaint>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', text: 'the request took too long' },
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', text: 'the headers are too large' },
};
const NOT_HTTP: Complaint = { status: '400 Bad Request', text: 'this is not HTTP' };

export function answerMalformedHttp(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  format: (code: ErrorCode, text: string) => string,
): void {
  // Half an answer that is already on its way must not be mixed with another.
  if (!socket.writable || error.code === 'ECONNRESET' || hasAnswerUnderWay(socket)) {
    socket.destroy();
    return;
  }
  const complaint = COMPLAINTS[error.code ?? ''] ?? NOT_HTTP;
  const body = format('ERR_HTTP_REQUEST', complaint.text);
  const head = [
    `HTTP/1.1 ${complaint.status}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => {
    socket.destroy();
  });
}

/** node keeps the answer of a connection in this field, and looks at it in its own handler in the same way. */
function hasAnswerUnderWay(socket: Duplex & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent ?? false;
}
