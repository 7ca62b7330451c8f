/** Reads the body of an HTTP request without ever holding more than it may have. */
import type { IncomingMessage } from 'node:http';

/** What a client may go on sending after it was told that its body is too large, so that it gets to read that. */
const IGNORED_TIMES_LIMIT = 8;

/** Lets a body go by that nobody wants, as long as it has a sane size. */
export function discardBody(request: IncomingMessage, maxBytes: number): void {
  readBoundedBody(request, maxBytes, () => undefined);
}

/**
 * Calls `done` once: with the body, or with null as soon as it is known to be too large. Never calls it if the client goes
 * away in the middle.
 */
export function readBoundedBody(request: IncomingMessage, maxBytes: number, done: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let tooLarge = Number(request.headers['content-length'] ?? 0) > maxBytes;
  if (tooLarge) done(null);

  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (tooLarge) {
      if (size > maxBytes * IGNORED_TIMES_LIMIT) request.socket.destroy();
      return;
    }
    if (size <= maxBytes) {
      chunks.push(chunk);
      return;
    }
    tooLarge = true;
    chunks.length = 0;
    done(null);
  });
  request.on('end', () => {
    if (tooLarge) return;
    const [first] = chunks;
    done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
  });
  request.on('error', () => undefined);
}
