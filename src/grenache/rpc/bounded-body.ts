/** Reads the body of an HTTP request, with a limit on its size. */
import type { IncomingMessage } from 'node:http';

/** Further data is ignored up to this multiple of the limit, so that the client can read our error before we disconnect. */
const IGNORED_TIMES_LIMIT = 8;

/** Reads and ignores a body; disconnects if it is far too large. */
export function discardBody(request: IncomingMessage, maxBytes: number): void {
  readBoundedBody(request, maxBytes, () => undefined);
}

/**
 * @param done called once: with the body, or with null as soon as it is known to be too large; never if the client
 * disconnects first
 */
export function readBoundedBody(request: IncomingMessage, maxBytes: number, done: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let isTooLarge = Number(request.headers['content-length'] ?? 0) > maxBytes;
  if (isTooLarge) done(null);

  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (isTooLarge) {
      if (size > maxBytes * IGNORED_TIMES_LIMIT) request.socket.destroy();
      return;
    }
    if (size <= maxBytes) {
      chunks.push(chunk);
      return;
    }
    isTooLarge = true;
    chunks.length = 0;
    done(null);
  });
  request.on('end', () => {
    if (!isTooLarge) done(Buffer.concat(chunks));
  });
  request.on('error', () => undefined);
}
