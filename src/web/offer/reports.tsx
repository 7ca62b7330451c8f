/** How a deal went: what each side has said, and saying it. What is said is final. */
import { useState } from 'preact/hooks';
import type { Offer } from '../../control/contract.ts';
import { dateText } from '../../text/time-text.ts';
import { api, ApiFailure } from '../data/api.ts';
import { book } from '../data/desk.ts';
import { Button, Chip, TextArea } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { say } from '../ui/toasts.tsx';
import { Details } from './details.tsx';
import { detailsFromText } from './draft.ts';

type Result = NonNullable<Offer['ownReport']>['result'];

export function Reports({ offer }: { readonly offer: Offer }) {
  const [asked, setAsked] = useState<Result | null>(null);
  const { phase, ownReport, otherReport, role, isOverdue } = offer;
  if (phase !== 'awarded' && phase !== 'won') return null;
  return (
    <>
      <h3 class="section">How it went</h3>
      {isOverdue && (
        <p>
          <Chip tone="warn">OVERDUE</Chip> Its winner did not report in time.
        </p>
      )}
      <Report who="You" report={ownReport} />
      <Report who={role === 'maker' ? 'The winner' : 'Its maker'} report={otherReport} />
      {ownReport === null && (
        <div class="actions">
          <Button onClick={() => setAsked('done')}>Report done</Button>
          <Button kind="danger" onClick={() => setAsked('failed')}>
            Report failed
          </Button>
        </div>
      )}
      {asked !== null && <ReportForm offer={offer} result={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function Report({ who, report }: { readonly who: string; readonly report: Offer['ownReport'] }) {
  if (report === null) return <p class="faint">{who}: nothing said yet.</p>;
  const { result, at, details } = report;
  return (
    <>
      <p>
        {who}: <Chip tone={result === 'done' ? 'good' : 'bad'}>{result}</Chip> <span class="faint">{dateText(at)}</span>
      </p>
      <Details details={details} />
    </>
  );
}

interface ReportFormProps {
  readonly offer: Offer;
  readonly result: Result;
  readonly onClose: () => void;
}

function ReportForm({ offer, result, onClose }: ReportFormProps) {
  const [text, setText] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const send = async (): Promise<void> => {
    try {
      const details = text.trim() === '' ? undefined : detailsFromText(text);
      book.put([await api.report(offer, { result, details })]);
      onClose();
      say(`Reported as ${result}.`);
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      // Said again, it is the same report: nothing can go wrong by trying once more.
      setRefusal(error.message);
    }
  };
  return (
    <Dialog title={`Report it as ${result}?`} onClose={onClose}>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <p class="soft">The other side is told, by your signature. This can't be changed afterwards.</p>
        <TextArea
          label={result === 'done' ? 'Result' : 'Reason'}
          value={text}
          hint="Optional: plain words, or JSON."
          error={refusal}
          onInput={setText}
        />
        <footer>
          <Button kind="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button type="submit" kind={result === 'done' ? 'primary' : 'danger'}>
            Report {result}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
