/**
 * The cost of the protocol's messages and of the journal alone. A maker and its takers use the project's own parts (checked messages,
 * signatures and MACs, signed answers, the journal) over the TCP lines of the floor. There is no discovery, no limit, no book, no
 * lifecycle, no retry and no recovery. So no desk with this protocol and this journal can cost less.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnswerReader } from '../src/desk/answer-reader.ts';
import { deskIdentity } from '../src/index.ts';
import type { Author } from '../src/ports/identity.ts';
import type { Journal } from '../src/ports/journal.ts';
import { offerKey, type Decimal, type OfferId, type PeerId } from '../src/protocol/ids.ts';
import type {
  Answer,
  BroadcastMessage,
  DirectMessage,
  Message,
  MessageAuth,
  OfferTerms,
  Peer,
  SendResult,
} from '../src/protocol/messages.ts';
import type { JournalRecord, MakerRecord, TakerRecord } from '../src/protocol/records.ts';
import { MemoryJournal } from '../src/store/memory-journal.ts';
import { openSqliteJournal } from '../src/store/open-sqlite-journal.ts';
import { encodeAnswer } from '../src/wire/answer-codec.ts';
import { encodeMessage, parsePayload } from '../src/wire/message-codec.ts';
import { parseJson } from '../src/wire/parse-json.ts';
import type { MakerSide, OnWin, Side } from './contestant.ts';
import { connectToMaker, FloorLine } from './floor-desk.ts';
import { nowMs } from './statistics.ts';

const VALID_FOR_MS = 10_000;
const HOLD_MS = 10_000;

/** Lines are `["ask", number, payload]` and `["answer", number, result]`; a taker's first line is its id. */
type Line = readonly ['ask' | 'answer', number, unknown] | PeerId;

/** Null: the answer to a broadcast. */
type Received = Answer | null | Promise<Answer | null>;

/** One side, over the lines to all others. */
abstract class LeanDesk {
  protected readonly identity = deskIdentity(generateKeyPairSync('ed25519').privateKey);
  readonly #journal: Journal;
  readonly #folder: string | null;

  protected constructor(isDurable: boolean) {
    this.#folder = isDurable ? mkdtempSync(join(tmpdir(), 'grapevine-lean-')) : null;
    this.#journal = this.#folder === null ? new MemoryJournal() : openSqliteJournal({ dataDir: this.#folder });
  }

  protected abstract receive(message: Message, author: Author, line: LeanLine): Received;

  /** @returns the answer to a payload */
  async answer(payload: unknown, line: LeanLine): Promise<unknown> {
    const { message, auth } = parsePayload(payload);
    const established = this.identity.authenticate(message, auth);
    const author = established instanceof Promise ? await established : established;
    if ('kind' in author) throw new Error(author.text);
    const received = this.receive(message, author, line);
    const answer = received instanceof Promise ? await received : received;
    if (answer === null) return null;
    const seal = this.identity.signAnswer(message, author, answer, this.termsOf(message));
    return encodeAnswer(answer, seal instanceof Promise ? await seal : seal).result;
  }

  protected abstract termsOf(message: Message): OfferTerms | undefined;

  protected async ask(to: Peer, line: LeanLine, request: DirectMessage, terms?: OfferTerms): Promise<SendResult> {
    const auth = this.identity.sign(request);
    const sent: MessageAuth | undefined = auth instanceof Promise ? await auth : auth;
    const result = await line.ask(JSON.stringify(encodeMessage(request, sent)));
    return new AnswerReader(this.identity, { from: to, request, sent, terms }).read({ kind: 'answer', result });
  }

  /** Encodes the message once for all lines. */
  protected async broadcast(lines: readonly LeanLine[], message: BroadcastMessage): Promise<void> {
    const text = JSON.stringify(encodeMessage(message, await this.identity.signFact(message)));
    for (const line of lines) void line.ask(text);
  }

  protected write(terms: OfferTerms, record: JournalRecord, finished = false): void {
    this.#journal.appendLazy({ offer: offerKey(terms.maker, terms.offerId), records: [record], finished });
  }

  protected writeDurably(terms: OfferTerms, record: JournalRecord, finished = false): Promise<void> {
    return this.#journal.append({ offer: offerKey(terms.maker, terms.offerId), records: [record], finished });
  }

  async stop(): Promise<void> {
    await this.#journal.close();
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true });
  }
}

class LeanLine {
  readonly #line: FloorLine;
  readonly #asked = new Map<number, (result: unknown) => void>();
  #number = 0;

  constructor(socket: Socket, desk: LeanDesk, met: (id: PeerId) => void) {
    this.#line = new FloorLine(
      socket,
      (value) => {
        const line = value as unknown as Line;
        if (typeof line === 'string') met(line);
        else if (line[0] === 'ask') void this.#answer(desk, line[1], line[2]);
        else this.#settle(line[1], line[2]);
      },
      parseJson,
    );
  }

  introduce(id: PeerId): void {
    this.#line.send(JSON.stringify(id));
  }

  /** @param payload as JSON */
  ask(payload: string): Promise<unknown> {
    this.#number += 1;
    const number = this.#number;
    this.#line.send(`["ask",${number.toString()},${payload}]`);
    return new Promise((resolve) => this.#asked.set(number, resolve));
  }

  close(): void {
    this.#line.close();
  }

  async #answer(desk: LeanDesk, number: number, payload: unknown): Promise<void> {
    this.#line.send(JSON.stringify(['answer', number, await desk.answer(payload, this)]));
  }

  #settle(number: number, result: unknown): void {
    this.#asked.get(number)?.(result);
    this.#asked.delete(number);
  }
}

interface Offered {
  readonly terms: OfferTerms;
  readonly isOpened: Promise<void>;
  taker: PeerId | null;
}

export class LeanMaker extends LeanDesk implements MakerSide {
  readonly #takers = new Map<PeerId, LeanLine>();
  readonly #offers = new Map<OfferId, Offered>();
  readonly #server = createServer((socket) => {
    const line = new LeanLine(socket, this, (id) => {
      this.#takers.set(id, line);
      this.#server.emit('taker');
    });
  });

  /** @param takers the number of takers that it waits for */
  static async start(port: number, takers: number, isDurable: boolean): Promise<LeanMaker> {
    const maker = new LeanMaker(isDurable);
    maker.#server.listen(port, '127.0.0.1');
    while (maker.#takers.size < takers) await once(maker.#server, 'taker');
    return maker;
  }

  async announce(): Promise<string> {
    const issuedAt = Date.now();
    const terms: OfferTerms = {
      offerId: randomBytes(16).toString('hex') as OfferId,
      maker: this.identity.id,
      type: 'buy',
      amount: '1' as Decimal,
      pair: 'BTC/USD',
      unitPrice: '8000' as Decimal,
      issuedAt,
      expiresAt: issuedAt + VALID_FOR_MS,
    };
    const isOpened = this.writeDurably(terms, maker({ type: 'opened', at: issuedAt, terms }));
    this.#offers.set(terms.offerId, { terms, isOpened, taker: null });
    void this.broadcast([...this.#takers.values()], { cmd: 'offer:new', terms });
    await isOpened;
    return terms.offerId;
  }

  override async stop(): Promise<void> {
    for (const line of this.#takers.values()) line.close();
    this.#server.close();
    await super.stop();
  }

  protected override receive(message: Message, { peer }: Author, line: LeanLine): Received {
    if (message.cmd !== 'offer:accept' || peer === null)
      throw new Error('a maker of the bench receives only acceptances');
    const offered = this.#offers.get(message.offerId);
    const isFirst = offered?.taker === null;
    if (isFirst) {
      offered.taker = peer.id;
      void this.#deal(offered, peer, line);
    }
    return { kind: 'queued', position: isFirst ? 0 : 1 };
  }

  protected override termsOf(): undefined {
    return undefined;
  }

  async #deal({ terms, isOpened }: Offered, taker: Peer, line: LeanLine): Promise<void> {
    const names = { offerId: terms.offerId, maker: terms.maker, taker: taker.id };
    const until = Date.now() + HOLD_MS;
    this.write(terms, maker({ type: 'reserved', at: Date.now(), taker, epoch: 1, until }));
    await isOpened;
    const result = await this.ask(taker, line, { cmd: 'offer:accept:approved', ...names, epoch: 1, until }, terms);
    if (result.kind !== 'confirmed' || result.auth === undefined) throw new Error('not confirmed');
    await this.writeDurably(terms, maker({ type: 'awarded', at: Date.now(), taker, epoch: 1, auth: result.auth }));
    const done = { cmd: 'offer:done', ...names, outcome: 'awarded', winner: taker.id, epoch: 1 } as const;
    void this.broadcast(
      [...this.#takers.values()].filter((other) => other !== line),
      done,
    );
    const told = await this.ask(taker, line, done);
    if (told.kind !== 'acknowledged') throw new Error('not acknowledged');
    this.write(terms, maker({ type: 'delivered', at: Date.now() }), true);
    this.#offers.delete(terms.offerId);
  }
}

export class LeanTaker extends LeanDesk implements Side {
  readonly #terms = new Map<OfferId, OfferTerms>();
  /** Offers that ended while their signature was still being verified, outside the event loop. */
  readonly #endedEarly = new Set<OfferId>();
  readonly #onWin: OnWin;
  readonly #line: LeanLine;

  private constructor(socket: Socket, onWin: OnWin, isDurable: boolean) {
    super(isDurable);
    this.#onWin = onWin;
    this.#line = new LeanLine(socket, this, () => undefined);
    this.#line.introduce(this.identity.id);
  }

  static async start(port: number, onWin: OnWin, isDurable: boolean): Promise<LeanTaker> {
    return new LeanTaker(await connectToMaker(port), onWin, isDurable);
  }

  override async stop(): Promise<void> {
    this.#line.close();
    await super.stop();
  }

  protected override receive(message: Message, { peer, auth }: Author, line: LeanLine): Received {
    if (peer === null || auth === undefined) throw new Error('a taker of the bench receives only signed messages');
    if (message.cmd === 'offer:new') {
      const isEnded = this.#endedEarly.delete(message.terms.offerId);
      if (!isEnded && !('mac' in auth)) void this.#accept(message.terms, peer, auth, line);
      return null;
    }
    const terms = this.termsOf(message);
    if (message.cmd === 'offer:accept:approved' && terms !== undefined) return this.#confirm(terms, message.epoch ?? 0);
    if (message.cmd !== 'offer:done' || 'mac' in auth) throw new Error(`not expected: ${message.cmd}`);
    if (terms === undefined) {
      this.#endedEarly.add(message.offerId);
      return null;
    }
    if (message.winner === this.identity.id) return this.#win(terms, message.epoch, auth);
    this.write(terms, taker({ type: 'lost', at: Date.now(), reason: 'taken' }), true);
    this.#terms.delete(terms.offerId);
    return null;
  }

  protected override termsOf(message: Message): OfferTerms | undefined {
    return 'offerId' in message ? this.#terms.get(message.offerId) : undefined;
  }

  async #accept(
    terms: OfferTerms,
    peer: Peer,
    auth: Extract<MessageAuth, { sig: string }>,
    line: LeanLine,
  ): Promise<void> {
    const { offerId, maker: makerId } = terms;
    this.#terms.set(offerId, terms);
    this.write(terms, taker({ type: 'accepting', at: Date.now(), terms, dialect: 'grapevine', auth }));
    await this.ask(peer, line, { cmd: 'offer:accept', offerId, maker: makerId, taker: this.identity.id });
  }

  async #confirm(terms: OfferTerms, epoch: number): Promise<Answer> {
    await this.writeDurably(terms, taker({ type: 'confirmed', at: Date.now(), epoch }));
    return { kind: 'confirmed', epoch };
  }

  async #win(terms: OfferTerms, epoch: number | null, auth: Extract<MessageAuth, { sig: string }>): Promise<Answer> {
    await this.writeDurably(terms, taker({ type: 'won', at: Date.now(), epoch, by: 'done', auth }), true);
    this.#onWin(terms.offerId, nowMs());
    this.#terms.delete(terms.offerId);
    return { kind: 'acknowledged' };
  }
}

function maker(record: MakerRecord): JournalRecord {
  return { role: 'maker', record };
}

function taker(record: TakerRecord): JournalRecord {
  return { role: 'taker', record };
}
