/** `grapevine verify`: checks receipts and proofs of equivocation offline, on any machine. */
import { Command } from 'commander';
import { inputName, readFileOrInput } from '../config/read-file.ts';
import { verifyProofText, type ProvenDeal, type ProvenEquivocation } from '../identity/verify-proof.ts';
import { detailsLines } from '../text/details-text.ts';
import { dateText } from '../text/time-text.ts';
import { printResult } from './print.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { IDENTITY_LIMITS } from '../identity/limits.ts';

export function createCommand(): Command {
  return new Command('verify')
    .argument('<file...>', 'files to check; - is standard input')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nA receipt proves that its maker awarded the offer to its taker, who had confirmed it. Two receipts of one offer for' +
        '\ntwo takers prove that its maker has sold it twice: give both files. Exit code 0: everything proves what it says.' +
        '\n\nExamples:\n  grapevine verify receipt.json\n  grapevine receipt 52934961 | grapevine verify -',
    )
    .action((files: readonly string[], { json }: { readonly json?: boolean }) => {
      const checked = files.map(check);
      if (files.length > 1 || checked[0]?.failure === null)
        for (const result of checked) printChecked(json === true, result);
      assertAll(checked);
      assertNotSoldTwice(checked.flatMap(({ proof }) => proof ?? []));
    });
}

/** Each file is reported, whatever is wrong with the others. */
interface Checked {
  readonly file: string;
  readonly proof: ProvenDeal | ProvenEquivocation | null;
  readonly failure: GrapevineError | null;
}

function check(file: string): Checked {
  try {
    const bytes = readFileOrInput(
      file,
      IDENTITY_LIMITS.receiptMaxBytes,
      (why) => new GrapevineError('ERR_RECEIPT', why),
    );
    return { file, proof: verifyProofText(bytes.toString('utf8')), failure: null };
  } catch (failure) {
    if (!(failure instanceof GrapevineError)) throw failure;
    return { file, proof: null, failure };
  }
}

/** @throws GrapevineError of the first invalid file; for a single file, its own error */
function assertAll(checked: readonly Checked[]): void {
  const bad = checked.filter(({ failure }) => failure !== null);
  const [first] = bad;
  if (first?.failure == null) return;
  const { code, message } = first.failure;
  if (checked.length === 1) throw new GrapevineError(code, `${inputName(first.file)}: ${message}`);
  throw new GrapevineError(code, `${bad.length} of ${checked.length} files prove nothing`);
}

function printChecked(json: boolean, { file, proof, failure }: Checked): void {
  if (proof !== null) printResult(json, { file, ...proof }, () => `${inputName(file)}: ${sentence(proof)}`);
  // One of several files; a single one is reported as an error.
  if (failure === null) return;
  const { code, message } = failure;
  printResult(
    json,
    { file, kind: null, code, text: message },
    () => `${inputName(file)}: proves nothing: ${code}: ${message}`,
  );
}

function sentence(proof: ProvenDeal | ProvenEquivocation): string {
  if (proof.kind === 'equivocation') {
    return `proves that desk ${proof.maker} has signed two contradicting statements about offer ${proof.offerId}`;
  }
  const { terms, taker, unitPrice, epoch, reports = [] } = proof;
  const { type, amount, pair, maker, offerId } = terms;
  const what = [type, amount, pair].filter((part) => part !== null).join(' ');
  const price = unitPrice === null ? '' : ` at ${unitPrice}`;
  return (
    `proves a deal\n  offer  ${offerId}: ${what}${price}\n  maker  ${maker}\n  taker  ${taker}, ` +
    `who confirmed reservation ${epoch}` +
    (terms.details === undefined ? '' : `\n  details${indented(terms.details)}`) +
    reports.map(reportText).join('')
  );
}

function reportText({ by, result, details, at }: NonNullable<ProvenDeal['reports']>[number]): string {
  return `\n  the ${by} reported: ${result}, ${dateText(at)}${indented(details)}`;
}

/** Without control characters. Empty if there are none. */
function indented(details: ProvenDeal['terms']['details'] | null): string {
  if (details == null) return '';
  const value: unknown = details.format === 'json' ? JSON.parse(details.text) : details.text;
  return detailsLines(value)
    .map((line) => `\n    ${line}`)
    .join('');
}

function assertNotSoldTwice(proofs: readonly (ProvenDeal | ProvenEquivocation)[]): void {
  const takers = new Map<string, string>();
  for (const proof of proofs) {
    if (proof.kind !== 'deal') continue;
    const offer = `${proof.terms.maker}/${proof.terms.offerId}`;
    const first = takers.get(offer) ?? proof.taker;
    takers.set(offer, first);
    if (first === proof.taker) continue;
    throw new GrapevineError(
      'ERR_EQUIVOCATION',
      `desk ${proof.terms.maker} has awarded offer ${proof.terms.offerId} to both ${first} and ${proof.taker}`,
    );
  }
}
