/**
 * The client of the control API, for the command line and for other programs that use a running desk. One method per route, typed by
 * the contract; answers are validated. Failures are `GrapevineError`s with the desk's code; without a running desk,
 * ERR_DESK_NOT_RUNNING. Requests that change something are never repeated automatically.
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

/** `maker` is needed only if two makers use the same id. */
type Named<Body> = Omit<Body, 'maker'> & { readonly maker?: string | undefined };

export class ControlClient {
  readonly #connection: ControlConnection;

  constructor(place: ControlPlace) {
    this.#connection = new ControlConnection(place);
  }

  /** A client for the desk of a data folder, by its socket. Does not connect yet. */
  static ofFolder(dataDir: string): ControlClient {
    return new ControlClient(locateDesk(dataDir));
  }

  /** @throws like all methods: GrapevineError with the desk's code; ERR_DESK_NOT_RUNNING, ERR_TIMEOUT, ERR_CONNECTION_LOST */
  desk(options?: CallOptions): Promise<DeskView> {
    return this.#connection.call('desk', {}, options);
  }

  /** Does not reject if the desk answers: one that is not ready says why. */
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

  /** @param file an absolute path on the desk's machine; must not exist */
  async backup(file: string, options?: CallOptions): Promise<string> {
    return (await this.#connection.call('backup', { body: { file } }, options)).file;
  }

  async config(options?: CallOptions): Promise<readonly Setting[]> {
    return (await this.#connection.call('config', {}, options)).settings;
  }

  activity(options?: CallOptions): Promise<Activity> {
    return this.#connection.call('activity', {}, options);
  }

  /** @throws GrapevineError ERR_RECEIPT with the part that is wrong */
  verify(proof: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<Proven> {
    return this.#connection.call('verify', { body: { proof } }, options);
  }

  /** A link that opens the page in a browser once. */
  async page(options?: CallOptions): Promise<string> {
    return (await this.#connection.call('page', { body: {} }, options)).url;
  }

  reloadRules(options?: CallOptions): Promise<RulesReloaded> {
    return this.#connection.call('reloadRules', { body: {} }, options);
  }

  testRules(offer: OfferToTest, options?: CallOptions): Promise<RulesVerdict> {
    return this.#connection.call('testRules', { body: { offer } }, options);
  }

  /** Metrics in the text format of Prometheus. */
  metrics(options?: CallOptions): Promise<string> {
    return this.#connection.text('metrics', options);
  }

  openapi(options?: CallOptions): Promise<Record<string, unknown>> {
    return this.#connection.call('openapi', {}, options);
  }

  /**
   * The events of the desk, in order, without gaps or repetitions, also across broken connections. Unless `after` is given, the first
   * event is `stream.open`: load the book then, and no later change is missed. `stream.gap` means that events are lost: load the book
   * again. Ends silently with the signal.
   * @throws GrapevineError ERR_DESK_NOT_RUNNING when no desk is running, or none came back within `reconnectForMs`
   */
  events(options: FollowOptions = {}): AsyncIterableIterator<ControlEvent> {
    return followEvents(this.#connection, options);
  }

  /** Closes its connections; open requests end with ERR_CONNECTION_LOST. Can be called twice. */
  close(): Promise<void> {
    return this.#connection.close();
  }
}

export type { ControlPlace } from './client/control-connection.ts';
export { isTemporary } from './client/follow-events.ts';
export type { FollowOptions } from './client/follow-events.ts';
