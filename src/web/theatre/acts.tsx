/** The buttons of a live theatre: announce an offer and cause a fault, or repair everything. */
import { ACTS } from '../../demo/recording.ts';
import { Button } from '../ui/controls.tsx';
import { latest } from './player.ts';
import { canAnnounce, isBroken } from './scene.ts';
import { act, heal, isRequesting } from './source.ts';
import { ACT_NAMES } from './theatre-text.ts';

export function Acts() {
  const isReady = canAnnounce(latest.value) && !isRequesting.value;
  const mustHeal = isBroken(latest.value);
  return (
    <fieldset class="acts">
      <legend>Announce an offer, and …</legend>
      {ACTS.map((name, index) => (
        <Button
          key={name}
          kind={name === 'offer' ? 'primary' : 'plain'}
          disabled={!isReady}
          shortcut={`${index + 1}`}
          onClick={() => void act(name)}
        >
          {name === 'offer' ? 'Nothing else' : ACT_NAMES[name]}
        </Button>
      ))}
      <Button
        kind={mustHeal ? 'primary' : 'plain'}
        disabled={!mustHeal || isRequesting.value}
        shortcut="b"
        onClick={() => void heal()}
      >
        Repair everything
      </Button>
    </fieldset>
  );
}
