/** Makers in the phases that tests begin with, and what they are answered. */
import { refusal, type SendResult } from '../../src/protocol/messages.ts';
import { MakerUnderTest } from './one-desk.ts';
import { A, peer } from './values.ts';

export { A, codeOf, LOST, UNSENT } from './values.ts';

export const B = peer('B');
export const C = peer('C');
export const O = peer('O', 'original');

export const ERROR: SendResult = refusal('ERR_REFUSED', 'something went wrong');

export function confirmed(epoch: number): SendResult {
  return { kind: 'confirmed', epoch };
}

export function reservedForA(): MakerUnderTest {
  const maker = MakerUnderTest.withOffer();
  maker.acceptedBy(A);
  return maker;
}

export function awardedToA(): MakerUnderTest {
  const maker = reservedForA();
  maker.approvalGot(A, 1, confirmed(1));
  return maker;
}

export function reservedForOriginal(): MakerUnderTest {
  const maker = MakerUnderTest.withOffer();
  maker.acceptedBy(O);
  return maker;
}
