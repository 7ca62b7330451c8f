/** Receipts: saved as files, and checked when a file is dropped anywhere on the page. */
import { signal } from '@preact/signals';
import type { Offer, Proven } from '../../control/contract.ts';
import { api, ApiFailure } from '../data/api.ts';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { saveFile, useFileDrop } from '../ui/files.ts';
import { Icon } from '../ui/icon.tsx';
import { sayFailure } from '../ui/toasts.tsx';

/** Larger files are no receipts. */
const FILE_MAX_BYTES = 60_000;

interface Judged {
  readonly file: string;
  readonly proven: Proven | null;
  readonly problem: string | null;
}

const judged = signal<readonly Judged[]>([]);

export async function saveReceipt(offer: Offer): Promise<void> {
  try {
    const receipt = await api.receipt(offer);
    saveFile(`receipt-${offer.offerId.slice(0, 8)}.json`, `${JSON.stringify(receipt, null, 2)}\n`, 'application/json');
  } catch (error) {
    sayFailure(error);
  }
}

export async function verifyFiles(files: Iterable<File>): Promise<void> {
  const results: Judged[] = [];
  for (const file of files) results.push(await judge(file));
  judged.value = results;
}

async function judge(file: File): Promise<Judged> {
  const wrong = (problem: string): Judged => ({ file: file.name, proven: null, problem });
  if (file.size > FILE_MAX_BYTES) return wrong('It is too large for a receipt.');
  try {
    const proof = JSON.parse(await file.text()) as Readonly<Record<string, unknown>>;
    return { file: file.name, proven: await api.verify(proof), problem: null };
  } catch (error) {
    if (error instanceof SyntaxError) return wrong('It is no JSON.');
    if (error instanceof ApiFailure) return wrong(error.message);
    throw error;
  }
}

function verifyDropped(files: FileList): void {
  void verifyFiles(files);
}

export function ReceiptDrop() {
  const isOver = useFileDrop(verifyDropped);
  return (
    <>
      {isOver && (
        <div class="drop" aria-hidden="true">
          <Icon name="seal" size={40} />
          Drop a receipt to verify it
        </div>
      )}
      {judged.value.length > 0 && <Verdicts />}
    </>
  );
}

function Verdicts() {
  const close = (): void => {
    judged.value = [];
  };
  return (
    <Dialog title="Receipts" onClose={close}>
      <ul class="verdicts">
        {judged.value.map(({ file, proven, problem }) => (
          <li key={file} class={proven === null ? 'verdict bad' : 'verdict good'}>
            <Icon name={proven === null ? 'warning' : 'seal'} size={22} />
            <div>
              <b>
                {proven === null
                  ? 'Proves nothing'
                  : proven.kind === 'deal'
                    ? 'Proves a deal'
                    : 'Proves a contradiction'}
              </b>
              <p class="faint">{file}</p>
              {problem !== null && <p>{problem}</p>}
              {proven !== null && <ProvenText proven={proven} />}
            </div>
          </li>
        ))}
      </ul>
      <footer>
        <Button onClick={close}>Close</Button>
      </footer>
    </Dialog>
  );
}

function ProvenText({ proven }: { readonly proven: Proven }) {
  if (proven.kind === 'equivocation')
    return <p>This maker has signed two things about one offer that exclude each other.</p>;
  const { type, amount, pair, unitPrice, maker, taker } = proven;
  return (
    <dl class="facts">
      <dt>Terms</dt>
      <dd>
        {[type, amount, pair, unitPrice === null ? null : `at ${unitPrice}`].filter((part) => part !== null).join(' ')}
      </dd>
      <dt>Maker</dt>
      <dd>
        <code>{maker}</code>
      </dd>
      <dt>Taker</dt>
      <dd>
        <code>{taker}</code>
      </dd>
    </dl>
  );
}
