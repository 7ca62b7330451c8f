/** The reports of both sides of a deal, and a form for our own. A report is final. */
import { useState } from 'preact/hooks';
import type { Offer } from '../../control/contract.ts';
import { dateText } from '../../text/time-text.ts';
import { api, ApiFailure } from '../data/api.ts';
import { book } from '../data/desk.ts';
import { Button, Chip, Field, Form } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { showToast } from '../ui/toasts.tsx';
import { Details } from './details.tsx';
import { detailsFromText } from './draft.ts';

type Result = NonNullable<Offer['ownReport']>['result'];

export function Reports({ offer }: { readonly offer: Offer }) {
  const [reporting, setReporting] = useState<Result | null>(null);
  const { phase, ownReport, otherReport, role, isOverdue } = offer;
  if (phase !== 'awarded' && phase !== 'won') return null;
  return (
    <>
      <h3 class="section">How it went</h3>
      {isOverdue && (
        <p>
          <Chip tone="warn">OVERDUE</Chip> The winner did not report in time.
        </p>
      )}
      <Report who="You" report={ownReport} />
      <Report who={role === 'maker' ? 'The winner' : 'The maker'} report={otherReport} />
      {ownReport === null && (
        <div class="actions">
          <Button onClick={() => setReporting('done')}>Report done</Button>
          <Button kind="danger" onClick={() => setReporting('failed')}>
            Report failed
          </Button>
        </div>
      )}
      {reporting !== null && <ReportForm offer={offer} result={reporting} onClose={() => setReporting(null)} />}
    </>
  );
}

function Report({ who, report }: { readonly who: string; readonly report: Offer['ownReport'] }) {
  if (report === null) return <p class="faint">{who}: no report yet.</p>;
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
      showToast(`Reported as ${result}.`);
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      // Sending the same report again is safe, so the form stays open.
      setRefusal(error.message);
    }
  };
  return (
    <Dialog title={`Report the deal as ${result}?`} onClose={onClose}>
      <Form onSubmit={() => void send()}>
        <p class="soft">The report is signed and sent to the other side. You can't change it afterwards.</p>
        <Field
          label={result === 'done' ? 'Result' : 'Reason'}
          value={text}
          rows={3}
          hint="Text or JSON. Optional."
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
      </Form>
    </Dialog>
  );
}
