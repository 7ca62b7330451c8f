/** Buttons, chips, fields, tables and facts that all views share. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren, TargetedEvent } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly icon?: IconName;
  readonly disabled?: boolean;
  readonly type?: 'button' | 'submit';
  /** For assistive technology; `Keys` handles the key. */
  readonly shortcut?: string;
}

export function Button({ children, onClick, kind = 'plain', icon, disabled, type = 'button', shortcut }: ButtonProps) {
  return (
    <button type={type} class={`button ${kind}`} onClick={onClick} disabled={disabled} aria-keyshortcuts={shortcut}>
      {icon !== undefined && <Icon name={icon} size={16} />}
      {children}
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
}

export function IconButton({ icon, label, onClick }: IconButtonProps) {
  return (
    <button type="button" class="icon-button" onClick={onClick} aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}

/** `note`: hidden first if there is little space. */
export type Tone = 'plain' | 'note' | 'buy' | 'sell' | 'good' | 'warn' | 'bad' | 'accent';

export function Chip({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return <span class={`chip ${tone}`}>{children}</span>;
}

/** A function that sets the signal. */
export function setterOf<Value>(target: Signal<Value>): (value: Value) => void {
  return (value) => {
    target.value = value;
  };
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, text: string])[];
  readonly onChange: (value: Value) => void;
}

/** Radio buttons in a row. */
export function Segments<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="unseen">{label}</legend>
      {options.map(([option, text]) => (
        <label key={option} class={option === value ? 'segment on' : 'segment'}>
          <input type="radio" class="unseen" name={name} checked={option === value} onChange={() => onChange(option)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly error?: string | null;
  readonly hint?: ComponentChildren;
  readonly placeholder?: string;
  readonly inputMode?: 'decimal' | 'text';
  readonly list?: readonly string[];
  readonly autoFocus?: boolean;
  /** A field for longer texts, with this number of lines. */
  readonly rows?: number;
}

/** A text field with its label above, and an error or a hint below. */
export function Field({
  label,
  value,
  onInput,
  error = null,
  hint,
  placeholder,
  inputMode = 'text',
  list,
  autoFocus,
  rows,
}: FieldProps) {
  const id = useId();
  const isNoted = error !== null || hint !== undefined;
  const common = {
    id,
    value,
    spellcheck: false,
    'aria-invalid': error !== null,
    'aria-describedby': isNoted ? `${id}-note` : undefined,
    onInput: (event: TargetedEvent<HTMLInputElement | HTMLTextAreaElement>): void => {
      onInput(event.currentTarget.value);
    },
  };
  return (
    <div class={error === null ? 'field' : 'field wrong'}>
      <label for={id}>{label}</label>
      {rows === undefined ? (
        <input
          {...common}
          placeholder={placeholder}
          inputMode={inputMode}
          autocomplete="off"
          autofocus={autoFocus}
          list={list === undefined ? undefined : `${id}-list`}
        />
      ) : (
        <textarea {...common} rows={rows} />
      )}
      {list !== undefined && <Suggestions id={`${id}-list`} list={list} />}
      <p id={`${id}-note`} class="note" role={error === null ? undefined : 'alert'}>
        {error ?? hint ?? ''}
      </p>
    </div>
  );
}

function Suggestions({ id, list }: { readonly id: string; readonly list: readonly string[] }) {
  return (
    <datalist id={id}>
      {list.map((option) => (
        <option key={option} value={option} />
      ))}
    </datalist>
  );
}

/** A form that the browser does not check or send itself. */
export function Form({ onSubmit, children }: { readonly onSubmit: () => void; readonly children: ComponentChildren }) {
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

interface CheckboxProps {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly children: ComponentChildren;
}

export function Checkbox({ isOn, onChange, children }: CheckboxProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      {children}
    </label>
  );
}

/** A drop-down list. Only screen readers announce its label. */
export function Select<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  const id = useId();
  return (
    <div class="field bare">
      <label for={id} class="unseen">
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as Value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Filters by pair. */
export function PairSelect({ pair, names }: { readonly pair: Signal<string>; readonly names: readonly string[] }) {
  const options = [['', 'All pairs'], ...names.map((name) => [name, name] as const)] as const;
  return <Select label="Pair" value={pair.value} options={options} onChange={setterOf(pair)} />;
}

/** A table without interaction. */
export function PlainTable({ label, heads, children }: PlainTableProps) {
  return (
    <div class="sideways" tabIndex={0} role="region" aria-label={label}>
      <table class="plain-table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface PlainTableProps {
  readonly label: string;
  readonly heads: readonly string[];
  readonly children: ComponentChildren;
}

/** A name and its value, in a `<dl class="facts">`. */
export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Shown instead of missing content, with the reason and a next step. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <svg class="vine" viewBox="0 0 120 72" aria-hidden="true">
        <path d="M8 20c22-16 34 10 54 0s34-8 50 2" />
        <g>
          <circle cx="52" cy="34" r="7" />
          <circle cx="67" cy="34" r="7" />
          <circle cx="59.500" cy="47" r="7" />
        </g>
      </svg>
      <h2>{title}</h2>
      <div class="soft">{children}</div>
    </div>
  );
}
