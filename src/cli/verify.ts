/** `grapevine verify`: checks receipts and proofs of equivocation, offline, on any machine. */
import { Command } from 'commander';
import { readFileSync, statSync } from 'node:fs';
import { GrapevineError, LIMITS, verifyProof, type ProvenDeal, type ProvenEquivocation } from '../index.ts';

interface VerifyOptions {
  readonly json?: boolean;
}

const STANDARD_INPUT = 0;

export function verifyCommand(): Command {
  return new Command('verify')
    .description('check receipts of deals and proofs of equivocation; needs no desk, no network, no key')
    .argument('<file...>', 'files to check; - is standard input')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nA receipt proves that its maker awarded the offer to its taker, who had confirmed it. Two receipts of one offer for' +
        '\ntwo takers prove that its maker has sold it twice: name both. Exit code 0: everything proves what it says.' +
        '\n\nExamples:\n  grapevine verify receipt.json\n  grapevine receipt 52934961 | grapevine verify -',
    )
    .action((files: readonly string[], { json }: VerifyOptions) => {
      const proven = files.map((file) => ({ file, proof: verifyFile(file) }));
      for (const { file, proof } of proven) print(json === true, file, proof);
      assertNotSoldTwice(proven.map(({ proof }) => proof));
    });
}

function verifyFile(file: string): ProvenDeal | ProvenEquivocation {
  try {
    return verifyProof(parse(readText(file)));
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    throw new GrapevineError(error.code, `${file}: ${error.message}`, { cause: error });
  }
}

function readText(file: string): string {
  try {
    if (file !== '-' && statSync(file).size > LIMITS.receiptMaxBytes) throw notOne('is too large for a receipt');
    return readFileSync(file === '-' ? STANDARD_INPUT : file, 'utf8');
  } catch (error) {
    if (error instanceof GrapevineError) throw error;
    throw notOne(`can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notOne('is no JSON');
  }
}

function notOne(problem: string): GrapevineError {
  return new GrapevineError('ERR_RECEIPT', problem);
}

function print(json: boolean, file: string, proof: ProvenDeal | ProvenEquivocation): void {
  process.stdout.write(json ? `${JSON.stringify({ file, ...proof })}\n` : `${file}: ${sentence(proof)}\n`);
}

function sentence(proof: ProvenDeal | ProvenEquivocation): string {
  if (proof.kind === 'equivocation') {
    return `proves that desk ${proof.maker} has signed two things about offer ${proof.offerId} that exclude each other`;
  }
  const { terms, taker, unitPrice, epoch } = proof;
  const { type, amount, pair, maker, offerId } = terms;
  const what = [type, amount, pair].filter((part) => part !== null).join(' ');
  const price = unitPrice === null ? '' : ` at ${unitPrice}`;
  return (
    `proves a deal\n  offer  ${offerId}: ${what}${price}\n  maker  ${maker}\n  taker  ${taker}, ` +
    `who confirmed reservation ${epoch.toString()}`
  );
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
