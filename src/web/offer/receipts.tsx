/** Saves receipts as files, and verifies files that are dropped anywhere on the page. */
import { signal } from '@preact/signals';
import type { Offer, Proven } from '../../control/contract.ts';
import { api, ApiFailure } from '../data/api.ts';
import { Button, Fact } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { saveFile, useFileDrop } from '../ui/files.ts';
import { Icon } from '../ui/icon.tsx';
import { showFailure } from '../ui/toasts.tsx';

/** No receipt is larger. */
const FILE_MAX_BYTES = 60_000;

interface Verdict {
  readonly file: string;
  readonly proven: Proven | null;
  readonly problem: string | null;
}

const verdicts = signal<readonly Verdict[]>([]);

export async function saveReceipt(offer: Offer): Promise<void> {
  try {
    const receipt = await api.receipt(offer);
    saveFile(`receipt-${offer.offerId.slice(0, 8)}.json`, `${JSON.stringify(receipt, null, 2)}\n`, 'application/json');
  } catch (error) {
    showFailure(error);
  }
}

export async function verifyFiles(files: Iterable<File>): Promise<void> {
  const results: Verdict[] = [];
  for (const file of files) results.push(await verify(file));
  verdicts.value = results;
}

async function verify(file: File): Promise<Verdict> {
  const wrong = (problem: string): Verdict => ({ file: file.name, proven: null, problem });
  if (file.size > FILE_MAX_BYTES) return wrong('The file is too large to be a receipt.');
  try {
    const proof = JSON.parse(await file.text()) as Readonly<Record<string, unknown>>;
    return { file: file.name, proven: await api.verify(proof), problem: null };
  } catch (error) {
    if (error instanceof SyntaxError) return wrong('The file is not JSON.');
    if (error instanceof ApiFailure) return wrong(error.message);
    throw error;
  }
}

export function ReceiptDrop() {
  const isOver = useFileDrop(verifyFiles);
  return (
    <>
      {isOver && (
        <div class="drop" aria-hidden="true">
          <Icon name="seal" size={40} />
          Drop a receipt to verify it
        </div>
      )}
      {verdicts.value.length > 0 && <Verdicts />}
    </>
  );
}

function Verdicts() {
  const close = (): void => {
    verdicts.value = [];
  };
  return (
    <Dialog title="Receipts" onClose={close}>
      <ul class="verdicts">
        {verdicts.value.map(({ file, proven, problem }) => (
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
  if (proven.kind === 'equivocation') return <p>This maker has signed two contradicting statements about one offer.</p>;
  const { type, amount, pair, unitPrice, maker, taker } = proven;
  return (
    <dl class="facts">
      <Fact name="Terms">
        {[type, amount, pair, unitPrice === null ? null : `at ${unitPrice}`].filter((part) => part !== null).join(' ')}
      </Fact>
      <Fact name="Maker">
        <code>{maker}</code>
      </Fact>
      <Fact name="Taker">
        <code>{taker}</code>
      </Fact>
    </dl>
  );
}
