/** The optional fields of a new offer: addressees, details, reference, time for the report, renewal. */
import { api } from '../data/api.ts';
import { useResource } from '../data/resource.ts';
import { Checkbox, Field } from '../ui/controls.tsx';
import type { Draft, FieldsProps, SetField } from './draft.ts';

/** Addresses the offer to everybody, or to some of the known desks. */
export function Addressees({ to, set }: Pick<Draft, 'to'> & { readonly set: SetField }) {
  const { value } = useResource(() => api.peers());
  const peers = (value.value?.peers ?? []).filter(({ verified }) => verified);
  if (peers.length === 0) return null;
  return (
    <details class="addressees">
      <summary>{to.length === 0 ? 'For everybody' : `For ${to.length} of ${peers.length} desks only`}</summary>
      <ul>
        {peers.map(({ id }) => (
          <li key={id}>
            <Checkbox
              isOn={to.includes(id)}
              onChange={(isOn) => set('to')(isOn ? [...to, id] : to.filter((other) => other !== id))}
            >
              <code>{id.slice(0, 16)}</code>
            </Checkbox>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Extras({ draft, problems, set }: FieldsProps) {
  const { type, details, reference, doneWithin, isRenewed } = draft;
  const isUsed = details !== '' || reference !== '' || doneWithin !== '' || isRenewed;
  return (
    <details class="extras" open={isUsed || type === 'job'}>
      <summary>Details, reference, report and renewal</summary>
      <Field
        label="Details"
        value={details}
        rows={3}
        hint="Text or JSON. Everybody can read it."
        error={problems.details ?? null}
        onInput={set('details')}
      />
      <div class="pair-of-fields">
        <Field
          label="Reference"
          value={reference}
          placeholder="nightly-2026-11-26"
          hint="Your own name for this offer; use each name once."
          error={problems.reference ?? null}
          onInput={set('reference')}
        />
        <Field
          label="Report within"
          value={doneWithin}
          placeholder="2h"
          list={['10m', '1h', '1d']}
          hint="Time after the award. Optional."
          error={problems.doneWithin ?? null}
          onInput={set('doneWithin')}
        />
      </div>
      <Checkbox isOn={isRenewed} onChange={set('isRenewed')}>
        Offer it again if the deal fails
      </Checkbox>
    </details>
  );
}
