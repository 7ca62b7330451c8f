import { describe, expect, it } from 'vitest';
import type { OfferKey } from '../../src/protocol/ids.ts';
import type { JournalRecord, MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import { decodeRecord, encodeRecord } from '../../src/store/record-codec.ts';
import { EVERY_RECORD } from './every-record.ts';

const all = EVERY_RECORD.flatMap(({ offer, records }) => records.map((record) => ({ offer, record })));
const nameOf = ({ role, record }: JournalRecord): string => `${role} ${record.type}`;
const names = [...new Set(all.map(({ record }) => nameOf(record)))];
const samplesOf = (name: string) => all.filter(({ record }) => nameOf(record) === name);

const TYPES: Record<MakerRecord['type'] | TakerRecord['type'], true> = {
  opened: true,
  reserved: true,
  released: true,
  awarded: true,
  cancelled: true,
  expired: true,
  voided: true,
  delivered: true,
  accepting: true,
  confirmed: true,
  won: true,
  lost: true,
  withdrawn: true,
  gaveUp: true,
  closed: true,
  truth: true,
  overdue: true,
  renewed: true,
  reported: true,
  reportDelivered: true,
  reportReceived: true,
};

function decodeChanged(offer: OfferKey, { role, record }: JournalRecord, change: object): unknown {
  return decodeRecord(offer, role, JSON.stringify({ ...record, ...change }));
}

describe('a record', () => {
  it('has a sample here for each of its types', () => {
    expect(new Set(all.map(({ record }) => record.record.type))).toEqual(new Set(Object.keys(TYPES)));
  });

  it.each(names)('comes back as it was: %s', (name) => {
    for (const { offer, record } of samplesOf(name)) {
      expect(decodeRecord(offer, record.role, encodeRecord(offer, record))).toEqual(record);
    }
  });

  it.each(names)('may have fields that are not known yet: %s', (name) => {
    for (const { offer, record } of samplesOf(name)) {
      expect(decodeChanged(offer, record, { later: [1] })).toEqual({
        role: record.role,
        record: { ...record.record, later: [1] },
      });
    }
  });

  it.each(names)('is refused without any of its fields: %s', (name) => {
    const isOptional = (field: string): boolean =>
      ['detail', 'byHand', 'givenUp', 'unitPrice', 'auth', 'by', 'details', 'plan', 'renewForMs'].includes(field) ||
      (field === 'until' && name === 'taker confirmed');
    for (const { offer, record } of samplesOf(name)) {
      for (const field of Object.keys(record.record).filter((each) => !isOptional(each))) {
        expect(() => decodeChanged(offer, record, { [field]: undefined })).toThrow(offer);
      }
    }
  });

  it.each(names)('is refused with any of its fields wrong: %s', (name) => {
    for (const { offer, record } of samplesOf(name)) {
      for (const field of Object.keys(record.record)) {
        expect(() => decodeChanged(offer, record, { [field]: { wrong: true } })).toThrow(offer);
        expect(() => decodeChanged(offer, record, { [field]: -0.5 })).toThrow(offer);
      }
    }
  });

  it('is refused with wrong terms', () => {
    for (const { offer, record } of all) {
      if (!('terms' in record.record)) continue;
      const { terms } = record.record;
      for (const field of Object.keys(terms)) {
        expect(() => decodeChanged(offer, record, { terms: { ...terms, [field]: false } })).toThrow('wrong fields');
      }
      expect(() => decodeChanged(offer, record, { terms: { ...terms, offerId: 'other' } })).toThrow('another offer');
    }
  });

  it.each(['__proto__', 'constructor', 'toString', '', 'bribed'])('of type "%s" is refused', (type) => {
    for (const role of ['maker', 'taker', '__proto__', 'nobody']) {
      expect(() => decodeRecord('a/b' as OfferKey, role, JSON.stringify({ type, at: 1 }))).toThrow('has no record');
    }
  });

  it.each(['', '{', 'null', '[]', '"opened"', '1'])('that is %j is refused', (body) => {
    const refusal = expect.objectContaining({ code: 'ERR_JOURNAL_CORRUPT' }) as Error;
    expect(() => decodeRecord('a/b' as OfferKey, 'maker', body)).toThrow(refusal);
  });
});
