/**
 * The client of the control API: what the command line is made of, and what other programs use to work with a running
 * desk. One method a route, typed by the contract; answers are checked against it. Failures are `GrapevineError`s with
 * the desk's code; a desk that is not there is ERR_DESK_NOT_RUNNING. A request that changes something is never repeated
 * by itself.
 */
import type {
  Activity,
  BodyOf,
  Check,
  ControlEvent,
  DeskView,
  Offer,
  OfferToTest,
  PeerView,
  Proven,
  QueryOf,
  Readiness,
  Receipt,
  ResponseOf,
  RulesReloaded,
  RulesVerdict,
  Setting,
  Story,
} from './contract.ts';
import { ControlConnection, type CallOptions, type ControlPlace } from './client/control-connection.ts';
import { locateDesk } from './client/locate-desk.ts';
import { followEvents, type FollowOptions } from './client/follow-events.ts';

/** `maker` is needed only when two makers use the same id. */
type Named<Body> = Omit<Body, 'maker'> & { readonly maker?: string | undefined };

export class ControlClient {
  readonly #connection: ControlConnection;

  constructor(place: ControlPlace) {
    this.#connection = new ControlConnection(place);
  }

  /** The desk of a data folder, by its socket. Nothing is connected yet. */
  static ofFolder(dataDir: string): ControlClient {
    return new ControlClient(locateDesk(dataDir));
  }

  /** @throws as all methods here: GrapevineError with the desk's code; ERR_DESK_NOT_RUNNING, ERR_TIMEOUT, ERR_CONNECTION_LOST */
  desk(options?: CallOptions): Promise<DeskView> {
    return this.#connection.call('desk', {}, options);
  }

  /** Never rejects for a desk that answers: one that is not ready says why. */
  ready(options?: CallOptions): Promise<Readiness> {
    return this.#connection.call('ready', {}, options);
  }

  offers(query: Partial<QueryOf<'offers'>> = {}, options?: CallOptions): Promise<ResponseOf<'offers'>> {
    return this.#connection.call('offers', { query }, options);
  }

  offer(offerId: string, maker?: string, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('offer', { params: { offerId }, query: { maker } }, options);
  }

  announce(draft: BodyOf<'announce'>, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('announce', { body: draft }, options);
  }

  accept(offerId: string, how: Named<BodyOf<'accept'>> = {}, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('accept', { params: { offerId }, body: how }, options);
  }

  withdraw(offerId: string, maker?: string, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('withdraw', { params: { offerId }, body: { maker } }, options);
  }

  cancel(offerId: string, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('cancel', { params: { offerId }, body: {} }, options);
  }

  award(offerId: string, taker: string, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('award', { params: { offerId }, body: { taker } }, options);
  }

  renew(offerId: string, how: { readonly validForMs?: number } = {}, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('renew', { params: { offerId }, body: how }, options);
  }

  report(offerId: string, how: Named<BodyOf<'report'>>, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('report', { params: { offerId }, body: how }, options);
  }

  resolve(offerId: string, how: Named<BodyOf<'resolve'>>, options?: CallOptions): Promise<Offer> {
    return this.#connection.call('resolve', { params: { offerId }, body: how }, options);
  }

  story(offerId: string, maker?: string, options?: CallOptions): Promise<Story> {
    return this.#connection.call('story', { params: { offerId }, query: { maker } }, options);
  }

  receipt(offerId: string, maker?: string, options?: CallOptions): Promise<Receipt> {
    return this.#connection.call('receipt', { params: { offerId }, query: { maker } }, options);
  }

  deals(query: Partial<QueryOf<'deals'>> = {}, options?: CallOptions): Promise<ResponseOf<'deals'>> {
    return this.#connection.call('deals', { query }, options);
  }

  async peers(options?: CallOptions): Promise<readonly PeerView[]> {
    return (await this.#connection.call('peers', {}, options)).peers;
  }

  async doctor(options?: CallOptions): Promise<readonly Check[]> {
    return (await this.#connection.call('doctor', {}, options)).checks;
  }

  /** @param file absolute path on the machine of the desk; must not exist */
  async backup(file: string, options?: CallOptions): Promise<string> {
    return (await this.#connection.call('backup', { body: { file } }, options)).file;
  }

  async config(options?: CallOptions): Promise<readonly Setting[]> {
    return (await this.#connection.call('config', {}, options)).settings;
  }

  activity(options?: CallOptions): Promise<Activity> {
    return this.#connection.call('activity', {}, options);
  }

  /** @throws GrapevineError ERR_RECEIPT that says which part does not prove what it should */
  verify(proof: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<Proven> {
    return this.#connection.call('verify', { body: { proof } }, options);
  }

  /** A link that opens the page in a browser, once. */
  async page(options?: CallOptions): Promise<string> {
    return (await this.#connection.call('page', { body: {} }, options)).url;
  }

  reloadRules(options?: CallOptions): Promise<RulesReloaded> {
    return this.#connection.call('reloadRules', { body: {} }, options);
  }

  testRules(offer: OfferToTest, options?: CallOptions): Promise<RulesVerdict> {
    return this.#connection.call('testRules', { body: { offer } }, options);
  }

  /** Metrics as Prometheus reads them. */
  metrics(options?: CallOptions): Promise<string> {
    return this.#connection.text('metrics', options);
  }

  openapi(options?: CallOptions): Promise<Record<string, unknown>> {
    return this.#connection.call('openapi', {}, options);
  }

  /**
   * What happens at the desk, in order, none missed, none twice, also across broken connections. The first event is
   * `stream.open` (from here on nothing is missed: load the book now) unless `after` is given. `stream.gap` says that
   * some are lost: load the book again. Ends when the signal does, silently.
   * @throws GrapevineError ERR_DESK_NOT_RUNNING when there is no desk, or none came back in `reconnectForMs`
   */
  events(options: FollowOptions = {}): AsyncIterableIterator<ControlEvent> {
    return followEvents(this.#connection, options);
  }

  /** Closes its connections; requests that are under way are ended as ERR_CONNECTION_LOST. Can be repeated. */
  close(): Promise<void> {
    return this.#connection.close();
  }
}

export type { ControlPlace } from './client/control-connection.ts';
export type { FollowOptions } from './client/follow-events.ts';
