/** What an offer may say besides its terms: for whom it is, what exactly it is, under which name, and what comes after it. */
import type { PeerView } from '../../control/contract.ts';
import { api } from '../data/api.ts';
import { useResource } from '../data/resource.ts';
import { Check, Field, TextArea } from '../ui/controls.tsx';
import type { Draft, DraftProblems, SetField } from './draft.ts';

interface AddresseesProps {
  readonly to: readonly string[];
  readonly set: SetField;
}

/** Everybody, or some of the desks that are known. */
export function Addressees({ to, set }: AddresseesProps) {
  const { value } = useResource(() => api.peers());
  const peers = (value.value?.peers ?? []).filter(({ verified }) => verified);
  if (peers.length === 0) return null;
  return (
    <details class="addressees">
      <summary>{to.length === 0 ? 'For everybody' : `For ${to.length} of ${peers.length} desks alone`}</summary>
      <ul>
        {peers.map(({ id }: PeerView) => (
          <li key={id}>
            <Check
              isOn={to.includes(id)}
              onChange={(isOn) => set('to')(isOn ? [...to, id] : to.filter((other) => other !== id))}
            >
              <code>{id.slice(0, 16)}</code>
            </Check>
          </li>
        ))}
      </ul>
    </details>
  );
}

interface ExtrasProps {
  readonly draft: Draft;
  readonly problems: DraftProblems;
  readonly set: SetField;
}

export function Extras({ draft, problems, set }: ExtrasProps) {
  const { type, details, reference, doneWithin, isRenewed } = draft;
  const isUsed = details !== '' || reference !== '' || doneWithin !== '' || isRenewed;
  return (
    <details class="extras" open={isUsed || type === 'job'}>
      <summary>Details, reference, and what comes after the deal</summary>
      <TextArea
        label="Details"
        value={details}
        hint="Plain words, or JSON. Everybody can read them."
        error={problems.details ?? null}
        onInput={set('details')}
      />
      <div class="pair-of-fields">
        <Field
          label="Reference"
          value={reference}
          placeholder="nightly-2026-11-26"
          hint="Your own name for it; used once."
          error={problems.reference ?? null}
          onInput={set('reference')}
        />
        <Field
          label="Report within"
          value={doneWithin}
          placeholder="2h"
          list={['10m', '1h', '1d']}
          hint="After the award. Optional."
          error={problems.doneWithin ?? null}
          onInput={set('doneWithin')}
        />
      </div>
      <Check isOn={isRenewed} onChange={set('isRenewed')}>
        Offer it again when it fails
      </Check>
    </details>
  );
}
