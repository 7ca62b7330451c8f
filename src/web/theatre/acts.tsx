/** What can be done to the next offer: one button each, in a live theatre. */
import { ACTS } from '../../demo/recording.ts';
import { Button } from '../ui/controls.tsx';
import { latest } from './player.ts';
import { isBroken, isFree } from './scene.ts';
import { act, heal, isAsking } from './source.ts';
import { ACT_NAMES } from './words.ts';

export function Acts() {
  const isReady = isFree(latest.value) && !isAsking.value;
  const mustHeal = isBroken(latest.value);
  return (
    <fieldset class="acts">
      <legend>Announce an offer, and …</legend>
      {ACTS.map((name, index) => (
        <Button
          key={name}
          kind={name === 'offer' ? 'primary' : 'plain'}
          disabled={!isReady}
          shortcut={(index + 1).toString()}
          onClick={() => void act(name)}
        >
          {name === 'offer' ? 'Let it be' : ACT_NAMES[name]}
        </Button>
      ))}
      <Button
        kind={mustHeal ? 'primary' : 'plain'}
        disabled={!mustHeal || isAsking.value}
        shortcut="b"
        onClick={() => void heal()}
      >
        Bring them back
      </Button>
    </fieldset>
  );
}
