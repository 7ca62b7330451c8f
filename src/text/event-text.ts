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
  return harmless(describe(name, flat(fields)));
}

/** Details of a report as text; those of an offer are too long for a line. */
function flat(fields: object): LogFields {
  const { details, terms, ...others } = fields as { readonly details?: Details; readonly terms?: object };
  const { details: _, ...termFields } = (terms ?? {}) as { readonly details?: Details };
  return { ...others, ...termFields, details: details?.text };
}

interface Details {
  readonly text: string;
}
