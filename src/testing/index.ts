/**
 * `grapevine/testing`: what every network, journal and clock of a desk must do, as suites for Vitest, for authors of adapters.
 * Ours pass the same ones. CONTRIBUTING.md says how to use them.
 */
export { describeClockContract, type ClockUnderTest } from './clock-contract.ts';
export { describeJournalContract, type JournalUnderTest, type KeptJournal } from './journal-contract.ts';
export { describeNetworkContract, type NetworkContractWorld } from './network-contract.ts';
