/** The frame of a view: its title, what stands beside the title, and its content. */
import type { ComponentChildren } from 'preact';
import { openForm } from '../offer/offer-form.tsx';
import { titleOf, type ViewName } from '../router.ts';
import { Button } from '../ui/controls.tsx';

interface ViewProps {
  readonly name: ViewName;
  /** Beside the title. */
  readonly head?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function View({ name, head, children }: ViewProps) {
  return (
    <section class="view" aria-labelledby="view-title">
      <header class="view-head">
        <h1 id="view-title">{titleOf(name)}</h1>
        {head}
      </header>
      {children}
    </section>
  );
}

export function NewOfferButton() {
  return (
    <>
      <span class="spring" />
      <Button kind="primary" icon="plus" shortcut="n" onClick={openForm}>
        New offer
      </Button>
    </>
  );
}
