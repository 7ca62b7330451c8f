/**
 * A model of an unmodified client of the original demo, on the stock Grenache packages (docs/PROTOCOL.md, "Clients of the original").
 * It signs nothing, its id has 16 hex digits, and its amounts are numbers. It treats each answer without an error as a yes, and an
 * approval as the deal. It has no `offer:status`.
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import GrenacheHttp from 'grenache-nodejs-http';
import Link from 'grenache-nodejs-link';

const REQUEST_OPTIONS = { timeout: 10_000 };

interface Handler {
  reply(error?: Error | null, result?: unknown): void;
}

/** The parts of the stock server transport that are used here. */
interface Service extends EventEmitter {
  readonly socket: Server | null;
  listen(port: number): this;
  stop(): void;
}

type Body = Readonly<Record<string, unknown>>;

export interface OriginalOffer {
  readonly offerId: string;
  readonly source: string;
  readonly type: string;
  readonly amount: number;
  readonly unitPrice?: number;
}

interface SentOffer {
  readonly offer: OriginalOffer;
  readonly waiting: string[];
  busy: boolean;
  done: boolean;
}

interface Events {
  /** The maker has our acceptance. */
  received: [offerId: string];
  /** Our acceptance was refused, or the offer is done. */
  dropped: [offerId: string];
  /** We believe that we have it. */
  won: [offerId: string];
  /** We believe that the taker has our offer. */
  awarded: [offerId: string, taker: string];
}

export interface OriginalClientInit {
  /** URL of a grape. */
  readonly grape: string;
  readonly broadcastKey?: string;
  /** It accepts offers with this amount. */
  readonly wantedAmount?: number;
  /** Called for an approval of an offer that it wants; default: takes it. */
  readonly onApproval?: (offerId: string, take: () => void, refuse: (error: Error) => void) => void;
}

export class OriginalClient extends EventEmitter<Events> {
  readonly id = randomBytes(8).toString('hex');
  readonly #init: OriginalClientInit;
  readonly #broadcastKey: string;
  readonly #link: InstanceType<typeof Link>;
  readonly #client: InstanceType<typeof GrenacheHttp.PeerRPCClient>;
  readonly #server: InstanceType<typeof GrenacheHttp.PeerRPCServer>;
  readonly #interesting = new Set<string>();
  readonly #sent = new Map<string, SentOffer>();
  #service: Service | null = null;
  #announcing: NodeJS.Timeout | undefined;

  constructor(init: OriginalClientInit) {
    super();
    this.#init = init;
    this.#broadcastKey = init.broadcastKey ?? 'common';
    this.#link = new Link({ grape: init.grape });
    this.#link.start();
    this.#client = new GrenacheHttp.PeerRPCClient(this.#link, {});
    this.#client.init();
    this.#server = new GrenacheHttp.PeerRPCServer(this.#link, {});
    this.#server.init();
  }

  /** @param port a free port; the original can't choose one itself */
  async start(port: number): Promise<void> {
    this.#service = this.#server.transport('server') as unknown as Service;
    this.#service.listen(port);
    this.#service.on(
      'request',
      (_rid: string, key: string, payload: { cmd?: string; body?: Body }, handler: Handler) => {
        this.#onRequest(key, payload, handler);
      },
    );
    await Promise.all([this.#announce(this.#broadcastKey, port), this.#announce(this.id, port)]);
    this.#announcing = setInterval(() => {
      this.#link.announce(this.#broadcastKey, port, {}, () => undefined);
      this.#link.announce(this.id, port, {}, () => undefined);
    }, 1_000);
  }

  /** Announces an offer to all peers. `map` fails as a whole if one peer fails, which the original ignores. */
  offer(type: 'buy' | 'sell', amount: number, unitPrice?: number): string {
    const offerId = randomBytes(8).toString('hex');
    const offer = { offerId, source: this.id, type, amount, ...(unitPrice !== undefined && { unitPrice }) };
    this.#sent.set(offerId, { offer, waiting: [], busy: false, done: false });
    this.#client.map(this.#broadcastKey, { cmd: 'offer:new', body: offer }, REQUEST_OPTIONS, () => undefined);
    return offerId;
  }

  stop(): void {
    clearInterval(this.#announcing);
    this.#service?.socket?.closeAllConnections();
    this.#service?.stop();
    this.#server.stop();
    this.#client.stop();
    this.#link.stop();
  }

  #announce(key: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#link.announce(key, port, {}, (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  #onRequest(key: string, { cmd, body }: { cmd?: string; body?: Body }, handler: Handler): void {
    if (cmd === undefined || body === undefined) {
      handler.reply(new Error('Message format is incorrect'));
      return;
    }
    const mine = key === this.id;
    const all = key === this.#broadcastKey;
    if (mine && cmd === 'offer:accept') this.#onAcceptance(body, handler);
    else if (mine && cmd === 'offer:accept:approved') this.#onApproval(String(body['offerId']), handler);
    else if (all && cmd === 'offer:new') this.#onOffer(body as unknown as OriginalOffer, handler);
    else if (all && cmd === 'offer:done') this.#onDone(String(body['offerId']), handler);
    else handler.reply(new Error('Unable to handle the command'));
  }

  // ---- as taker -------------------------------------------------------------------------------------------------------

  #onOffer(offer: OriginalOffer, handler: Handler): void {
    handler.reply();
    if (offer.source === this.id) return;
    // A strict comparison: it ignores amounts that are texts.
    if (offer.amount !== this.#init.wantedAmount) return;
    this.#interesting.add(offer.offerId);
    const body = { offerId: offer.offerId, source: offer.source, destination: this.id };
    this.#client.request(
      offer.source,
      { cmd: 'offer:accept', body },
      REQUEST_OPTIONS,
      (_error: unknown, result: unknown) => {
        if (result) this.emit('received', offer.offerId);
        else this.#drop(offer.offerId);
      },
    );
  }

  #onApproval(offerId: string, handler: Handler): void {
    if (!this.#interesting.has(offerId)) {
      handler.reply(new Error('Client has no interest in the offer'));
      return;
    }
    const take = (): void => {
      this.#interesting.delete(offerId);
      this.emit('won', offerId);
      handler.reply();
    };
    if (this.#init.onApproval === undefined) take();
    else
      this.#init.onApproval(offerId, take, (error) => {
        handler.reply(error);
      });
  }

  #onDone(offerId: string, handler: Handler): void {
    this.#drop(offerId);
    handler.reply();
  }

  #drop(offerId: string): void {
    if (this.#interesting.delete(offerId)) this.emit('dropped', offerId);
  }

  // ---- as maker -------------------------------------------------------------------------------------------------------

  #onAcceptance(body: Body, handler: Handler): void {
    const sent = this.#sent.get(String(body['offerId']));
    if (sent === undefined || body['source'] !== this.id) {
      handler.reply(new Error('The offer has not been found'));
      return;
    }
    if (sent.done) {
      handler.reply(null, false);
      return;
    }
    handler.reply(null, true);
    sent.waiting.push(String(body['destination']));
    if (!sent.busy) this.#approveNext(sent);
  }

  #approveNext(sent: SentOffer): void {
    const taker = sent.waiting.shift();
    sent.busy = taker !== undefined;
    if (taker === undefined) return;
    const { offerId } = sent.offer;
    const body = { offerId, source: this.id, destination: taker };
    this.#client.request(taker, { cmd: 'offer:accept:approved', body }, REQUEST_OPTIONS, (error: Error | null) => {
      // Its known flaw: it treats a missing answer as a no.
      if (error !== null) {
        this.#approveNext(sent);
        return;
      }
      sent.done = true;
      this.emit('awarded', offerId, taker);
      this.#client.map(this.#broadcastKey, { cmd: 'offer:done', body: { offerId } }, REQUEST_OPTIONS, () => undefined);
    });
  }
}
