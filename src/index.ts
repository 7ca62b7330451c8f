/**
 * The public library: create a desk, announce offers, choose which offers to accept, receive typed events, stop.
 * See examples/one-deal.js and docs/PROTOCOL.md.
 */
export { backUp } from './composition/back-up.ts';
export {
  createDesk,
  DEFAULT_BROADCAST_KEY,
  DEFAULT_GRAPES,
  DEFAULT_HOST,
  DEFAULT_NETWORK,
  identityOf as deskIdentity,
  openDeskOffline,
  type DeskOptions,
} from './composition/create-desk.ts';
export { importDeskKey, makeDeskKey, removeDeskPassphrase, setDeskPassphrase } from './composition/change-desk-key.ts';
export {
  deskKeyText,
  exportDeskKey,
  isDeskKeyEncrypted,
  isKeyEncrypted,
  readDeskKey,
  type DeskKey,
} from './composition/desk-key.ts';
export { LIMITS } from './composition/limits.ts';
export { createWorker, type WorkerOptions } from './composition/create-worker.ts';
export type { Job, JobWorker, JobWorkerInit, StopOptions } from './composition/job-worker.ts';
export { ControlClient, type ControlPlace, type FollowOptions } from './control/client.ts';
export type {
  Acceptance,
  Check,
  ControlEvent,
  ControlEventOf,
  Deal,
  DeskView,
  Offer,
  OfferToTest,
  PeerView,
  Readiness,
  Receipt,
  RulesReloaded,
  RulesVerdict,
  Setting,
  Story,
  StoryEntry,
  StreamGap,
  StreamOpen,
} from './control/contract.ts';
export type { AccessLists } from './desk/access-list.ts';
export type { DealSnapshot, DealState } from './desk/deal-snapshot.ts';
export { Desk, type AcceptOptions } from './desk/desk.ts';
export type { DeskComponents } from './desk/desk-components.ts';
export type { Interest } from './desk/interest-runner.ts';
export type { DeskEvents, DeskNotice, NoticeOf } from './desk/desk-events.ts';
export type { PeerSnapshot } from './desk/neighbours.ts';
export type { NoticeStream, WaitOptions } from './desk/notice-stream.ts';
export type { OfferDraft } from './desk/offer-draft.ts';
export type { DealReported } from './desk/offer-and-wait.ts';
export type { OfferSnapshot } from './desk/offer-snapshot.ts';
export type { DealsQuery, PastOffer } from './desk/past-offers.ts';
export { NETWORK_SCOPES, type NetworkScope } from './grenache/discovery/network-policy.ts';
export type { Archive } from './ports/archive.ts';
export type { Alarm, Clock } from './ports/clock.ts';
export type { Evidence } from './ports/evidence.ts';
export type { Journal } from './ports/journal.ts';
export type { Network } from './ports/network.ts';
export { startGrapes, type Grapes, type GrapesInit } from './grenache/grapes/start-grapes.ts';
export type { Encryption } from './identity/sealed-network.ts';
export { verifyProof, type ProvenDeal, type ProvenEquivocation } from './identity/verify-proof.ts';
export { systemClock } from './host/system-clock.ts';
export { systemRandomness } from './host/system-randomness.ts';
export { pinoLog, type PinoLogInit } from './host/pino-log.ts';
export { silentLog, type Log, type LogFields, type LogLevel } from './ports/log.ts';
export { ERROR_CODES, GrapevineError, type ErrorCode, type ErrorFamily } from './protocol/errors.ts';
export type { Decimal, OfferId, PeerId } from './protocol/ids.ts';
export type { DealResult, Details, OfferTerms, OfferType, Outcome } from './protocol/messages.ts';
export type { Notice } from './protocol/notices.ts';
export { detailsValue, type DetailsValue } from './wire/details.ts';
export { openSqliteJournal } from './store/open-sqlite-journal.ts';
export { decimalFromText as parseDecimal } from './wire/decimal.ts';
export { durationFromText as parseDuration } from './wire/duration.ts';
export { pairFromText as parsePair } from './wire/names.ts';
export type { LossReason, ReleaseReason } from './protocol/records.ts';
