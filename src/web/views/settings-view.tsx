/** The desk's settings and their sources, its rules with a test for offers, and the theme of the page. */
import { useState } from 'preact/hooks';
import type { RulesVerdict, Setting } from '../../control/contract.ts';
import { decimalFromText } from '../../wire/decimal.ts';
import { api, ApiFailure } from '../data/api.ts';
import { deskView } from '../data/desk.ts';
import { useResource } from '../data/resource.ts';
import { problemOf, type Draft } from '../offer/draft.ts';
import { theme, type Theme } from '../theme.ts';
import { Button, Chip, Fact, Field, Form, PlainTable, Segments, setterOf } from '../ui/controls.tsx';
import { showFailure, showToast } from '../ui/toasts.tsx';
import { View } from './view.tsx';

export function SettingsView() {
  const config = useResource(() => api.config());
  const settings = config.value.value?.settings ?? [];
  return (
    <View name="settings">
      <div class="scroll settings" tabIndex={0} role="region" aria-label="Rules, theme and settings">
        <div class="box">
          <h2>Rules</h2>
          <Rules settings={settings} reload={config.reload} />
        </div>
        <div class="box">
          <h2>Test the rules</h2>
          <RuleTester />
        </div>
        <div class="box">
          <h2>This page</h2>
          <Segments label="Theme" value={theme.value} options={THEMES} onChange={setterOf(theme)} />
          <ThisDesk />
        </div>
        <div class="box wide">
          <h2>In force</h2>
          <InForce settings={settings} />
        </div>
      </div>
    </View>
  );
}

const THEMES: readonly (readonly [Theme, string])[] = [
  ['system', 'System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

function ThisDesk() {
  const desk = deskView.value;
  if (desk === null) return null;
  return (
    <dl class="facts">
      <Fact name="Desk">
        <code>{desk.id}</code>
      </Fact>
      <Fact name="Version">{desk.version}</Fact>
      <Fact name="Data folder">
        <code>{desk.dataDir ?? 'none'}</code>
      </Fact>
    </dl>
  );
}

function Rules({ settings, reload }: { readonly settings: readonly Setting[]; readonly reload: () => void }) {
  const value = settings.find(({ name }) => name === 'accept')?.value;
  const rules = Array.isArray(value) ? value : [];
  const readRules = async (): Promise<void> => {
    try {
      const { rules: count } = await api.reloadRules();
      showToast(count === 1 ? '1 rule is in force.' : `${count} rules are in force.`);
      reload();
    } catch (error) {
      showFailure(error);
    }
  };
  return (
    <>
      {rules.length === 0 ? (
        <p class="soft">No rules: this desk accepts no offer automatically. You accept offers by hand.</p>
      ) : (
        <ol class="rules">
          {rules.map((rule) => (
            <li key={rule}>
              <code>{rule}</code>
            </li>
          ))}
        </ol>
      )}
      <Button onClick={() => void readRules()}>Reload the rules</Button>
    </>
  );
}

interface TestOffer extends Pick<Draft, 'amount' | 'pair' | 'unitPrice'> {
  readonly type: 'buy' | 'sell';
}

function RuleTester() {
  const [offer, setOffer] = useState<TestOffer>({ type: 'sell', amount: '1', pair: '', unitPrice: '' });
  const [verdict, setVerdict] = useState<RulesVerdict | string | null>(null);
  const set: SetTestField = (name) => (value) => {
    setOffer({ ...offer, [name]: value });
    setVerdict(null);
  };
  const { type, amount, pair, unitPrice } = offer;
  const problems = { amount: amountProblem(amount), unitPrice: unitPrice === '' ? null : amountProblem(unitPrice) };
  const test = async (): Promise<void> => {
    if (problems.amount !== null || problems.unitPrice !== null) return;
    try {
      setVerdict(
        await api.testRules({ type, amount, ...(pair !== '' && { pair }), ...(unitPrice !== '' && { unitPrice }) }),
      );
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      setVerdict(error.message);
    }
  };
  return (
    <Form onSubmit={() => void test()}>
      <Segments
        label="Type"
        value={type}
        options={[
          ['sell', 'The maker sells'],
          ['buy', 'The maker buys'],
        ]}
        onChange={set('type')}
      />
      <TestFields offer={offer} problems={problems} set={set} />
      <Button type="submit" kind="primary">
        Test
      </Button>
      <Verdict verdict={verdict} />
    </Form>
  );
}

type SetTestField = (name: keyof TestOffer) => (value: string) => void;

interface TestFieldsProps {
  readonly offer: TestOffer;
  readonly problems: { readonly amount: string | null; readonly unitPrice: string | null };
  readonly set: SetTestField;
}

function TestFields({ offer: { amount, pair, unitPrice }, problems, set }: TestFieldsProps) {
  return (
    <div class="pair-of-fields">
      <Field label="Amount" value={amount} inputMode="decimal" error={problems.amount} onInput={set('amount')} />
      <Field label="Pair" value={pair} placeholder="BTC/USD" onInput={set('pair')} />
      <Field
        label="Unit price"
        value={unitPrice}
        inputMode="decimal"
        error={problems.unitPrice}
        onInput={set('unitPrice')}
      />
    </div>
  );
}

/** @param verdict a text is the error that prevented the test */
function Verdict({ verdict }: { readonly verdict: RulesVerdict | string | null }) {
  return (
    <div class="verdict-text" role="status">
      {typeof verdict === 'string' && <p class="refusal">{verdict}</p>}
      {verdict !== null && typeof verdict !== 'string' && (
        <>
          <Chip tone={verdict.takes ? 'good' : 'plain'}>{verdict.takes ? 'would accept' : 'would not accept'}</Chip>
          <ul>
            {verdict.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function amountProblem(text: string): string | null {
  return problemOf(() => decimalFromText(text));
}

function InForce({ settings }: { readonly settings: readonly Setting[] }) {
  return (
    <PlainTable label="Settings in force" heads={['Setting', 'Value', 'From']}>
      {settings.map(({ name, value, source, from }) => (
        <tr key={name}>
          <th scope="row">
            <code>{name}</code>
          </th>
          <td>{valueText(value)}</td>
          <td>
            {source === 'default' ? <span class="faint">default</span> : <Chip tone="accent">{from ?? source}</Chip>}
          </td>
        </tr>
      ))}
    </PlainTable>
  );
}

function valueText(value: Setting['value']): string {
  if (value === null) return '-';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}
