/** Parses a stream of server-sent events. Comments, which only keep the connection alive, are skipped. */
export interface SentEvent {
  readonly id: string;
  readonly data: string;
}

export class EventParser {
  #rest = '';

  /** @returns the events that this piece completes */
  push(piece: string): readonly SentEvent[] {
    const blocks = (this.#rest + piece).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap(parseBlock);
  }
}

function parseBlock(block: string): readonly SentEvent[] {
  const fields = new Map(block.split('\n').map((line) => splitOnce(line, ': ')));
  const [id, data] = [fields.get('id'), fields.get('data')];
  return id === undefined || data === undefined ? [] : [{ id, data }];
}

function splitOnce(line: string, by: string): [string, string] {
  const at = line.indexOf(by);
  return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + by.length)];
}
