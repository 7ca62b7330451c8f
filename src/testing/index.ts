/**
 * `grapevine/testing`: Vitest suites of what every network, journal and clock must do, for authors of adapters. Our own adapters
 * pass the same suites. CONTRIBUTING.md explains their use.
 */
export { describeClockContract, type ClockUnderTest } from './clock-contract.ts';
export { describeJournalContract, type JournalUnderTest, type KeptJournal } from './journal-contract.ts';
export { describeNetworkContract, type NetworkContractWorld } from './network-contract.ts';
