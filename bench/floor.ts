/**
 * The floor of the bench: the least work for a durable and signed deal. A maker and its takers exchange lines of JSON over TCP. Offer,
 * confirmation and award are signed and verified, acceptance and approval have a MAC, every record goes into SQLite, and confirmation,
 * award and win wait for the disk. There is no discovery, no validation, no limit, no retry and no recovery. A desk is slower because it
 * has these.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { connectToMaker, FloorJournal, FloorLine, FloorSigner, FloorVerifier, mac } from './floor-desk.ts';
import type { MakerSide, OnWin, Side } from './contestant.ts';
import { nowMs } from './statistics.ts';

interface Terms {
  readonly offerId: string;
  readonly type: 'buy';
  readonly amount: string;
  readonly pair: string;
  readonly unitPrice: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

type ToTaker =
  | { readonly cmd: 'welcome'; readonly publicKey: string }
  | { readonly cmd: 'new'; readonly terms: Terms; readonly proof: string }
  | { readonly cmd: 'queued'; readonly offerId: string }
  | { readonly cmd: 'approve'; readonly offerId: string; readonly epoch: number; readonly mac: string }
  | { readonly cmd: 'done'; readonly offerId: string; readonly winner: string; readonly proof: string };

type ToMaker =
  | { readonly cmd: 'hello'; readonly publicKey: string }
  | { readonly cmd: 'accept'; readonly offerId: string; readonly mac: string }
  | { readonly cmd: 'confirm'; readonly offerId: string; readonly epoch: number; readonly proof: string }
  | { readonly cmd: 'acknowledge'; readonly offerId: string };

const VALID_FOR_MS = 10_000;

const offerText = (terms: Terms): string => `new ${Object.values(terms).join(' ')}`;
const confirmText = (offerId: string, epoch: number): string => `confirm ${offerId} ${epoch}`;
const doneText = (offerId: string, winner: string): string => `done ${offerId} ${winner}`;

interface KnownTaker {
  readonly line: FloorLine;
  readonly id: string;
  readonly verifier: FloorVerifier;
}

export class FloorMaker implements MakerSide {
  readonly #signer = new FloorSigner();
  readonly #journal = new FloorJournal();
  readonly #takers = new Set<KnownTaker>();
  readonly #heldFor = new Map<string, KnownTaker | null>();
  readonly #server = createServer((socket) => {
    this.#welcome(socket);
  });

  /** @param takers the number of takers that it waits for */
  static async start(port: number, takers: number): Promise<FloorMaker> {
    const maker = new FloorMaker();
    maker.#server.listen(port, '127.0.0.1');
    while (maker.#takers.size < takers) await once(maker.#server, 'taker');
    return maker;
  }

  async announce(): Promise<string> {
    const issuedAt = Date.now();
    const offerId = randomBytes(16).toString('hex');
    const terms: Terms = {
      offerId,
      type: 'buy',
      amount: '1',
      pair: 'BTC/USD',
      unitPrice: '8000',
      issuedAt,
      expiresAt: issuedAt + VALID_FOR_MS,
    };
    this.#heldFor.set(offerId, null);
    this.#journal.write(offerId, JSON.stringify(terms));
    this.#broadcast({ cmd: 'new', terms, proof: await this.#signer.sign(offerText(terms)) });
    return offerId;
  }

  stop(): Promise<void> {
    for (const { line } of this.#takers) line.close();
    this.#server.close();
    this.#journal.close();
    return Promise.resolve();
  }

  #welcome(socket: Socket): void {
    let taker: KnownTaker | null = null;
    const line = new FloorLine(socket, (value) => {
      const message = value as unknown as ToMaker;
      if (message.cmd === 'hello') {
        taker = { line, id: message.publicKey, verifier: new FloorVerifier(message.publicKey) };
        line.send(text({ cmd: 'welcome', publicKey: this.#signer.publicKey }));
        this.#takers.add(taker);
        this.#server.emit('taker');
      } else if (taker !== null) {
        this.#receive(taker, message);
      }
    });
  }

  #receive(taker: KnownTaker, message: Exclude<ToMaker, { cmd: 'hello' }>): void {
    const { offerId } = message;
    const held = this.#heldFor.get(offerId);
    if (message.cmd === 'accept') {
      expectSame(message.mac, mac(`accept ${offerId}`));
      if (held !== null) {
        taker.line.send(text({ cmd: 'queued', offerId }));
        return;
      }
      this.#heldFor.set(offerId, taker);
      this.#journal.write(offerId, 'reserved');
      taker.line.send(text({ cmd: 'approve', offerId, epoch: 1, mac: mac(`approve ${offerId}`) }));
    } else if (message.cmd === 'confirm') {
      taker.verifier.check(confirmText(offerId, message.epoch), message.proof);
      void this.#award(offerId, taker.id);
    } else {
      this.#journal.write(offerId, 'delivered');
      this.#heldFor.delete(offerId);
    }
  }

  async #award(offerId: string, winner: string): Promise<void> {
    const [proof] = await Promise.all([
      this.#signer.sign(doneText(offerId, winner)),
      this.#journal.writeDurably(offerId, 'awarded'),
    ]);
    this.#broadcast({ cmd: 'done', offerId, winner, proof });
  }

  #broadcast(message: ToTaker): void {
    const line = text(message);
    for (const taker of this.#takers) taker.line.send(line);
  }
}

export class FloorTaker implements Side {
  readonly #signer = new FloorSigner();
  readonly #journal = new FloorJournal();
  readonly #line: FloorLine;
  readonly #id: string;
  readonly #onWin: OnWin;
  #maker: FloorVerifier | null = null;

  private constructor(socket: Socket, onWin: OnWin) {
    this.#onWin = onWin;
    this.#id = this.#signer.publicKey;
    this.#line = new FloorLine(socket, (message) => {
      this.#receive(message as unknown as ToTaker);
    });
    this.#line.send(text({ cmd: 'hello', publicKey: this.#id }));
  }

  static async start(port: number, onWin: OnWin): Promise<FloorTaker> {
    return new FloorTaker(await connectToMaker(port), onWin);
  }

  stop(): Promise<void> {
    this.#line.close();
    this.#journal.close();
    return Promise.resolve();
  }

  #receive(message: ToTaker): void {
    switch (message.cmd) {
      case 'welcome':
        this.#maker = new FloorVerifier(message.publicKey);
        return;
      case 'new':
        this.#maker?.check(offerText(message.terms), message.proof);
        this.#journal.write(message.terms.offerId, 'accepting');
        this.#send({ cmd: 'accept', offerId: message.terms.offerId, mac: mac(`accept ${message.terms.offerId}`) });
        return;
      case 'queued':
        return;
      case 'approve':
        expectSame(message.mac, mac(`approve ${message.offerId}`));
        void this.#confirm(message.offerId, message.epoch);
        return;
      case 'done':
        if (message.winner === this.#id) void this.#win(message);
        else this.#journal.write(message.offerId, 'lost');
    }
  }

  async #confirm(offerId: string, epoch: number): Promise<void> {
    const [proof] = await Promise.all([
      this.#signer.sign(confirmText(offerId, epoch)),
      this.#journal.writeDurably(offerId, 'confirmed'),
    ]);
    this.#send({ cmd: 'confirm', offerId, epoch, proof });
  }

  async #win({ offerId, winner, proof }: Extract<ToTaker, { cmd: 'done' }>): Promise<void> {
    this.#maker?.check(doneText(offerId, winner), proof);
    await this.#journal.writeDurably(offerId, 'won');
    this.#onWin(offerId, nowMs());
    this.#send({ cmd: 'acknowledge', offerId });
  }

  #send(message: ToMaker): void {
    this.#line.send(text(message));
  }
}

function text(message: ToTaker | ToMaker): string {
  return JSON.stringify(message);
}

function expectSame(one: string, other: string): void {
  if (one !== other) throw new Error('a forged MAC');
}
