/** Events of a desk as lines for people. */
import type { LogFields } from '../ports/log.ts';
import type { ControlEvent } from '../control/contract.ts';
import { describe } from './describe.ts';
import { harmless } from './harmless.ts';
import { clockText } from './time-text.ts';

/** `16:45:31  DEAL: ...`. */
export function eventLine(event: ControlEvent): string {
  return `${clockText(event.at)}  ${eventSentence(event)}`;
}

export function eventSentence(event: ControlEvent): string {
  const { event: name, at: _, cursor: __, ...fields } = event;
  const flat: LogFields = 'terms' in fields ? { ...fields, ...fields.terms } : fields;
  return harmless(describe(name, flat));
}
