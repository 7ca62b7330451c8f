/** Real desks on real grapes: whatever is done to an offer on its way, one desk has it in the end and all know. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { naiveFlow, naiveOutcome } from '../../src/demo/naive-flow.ts';
import { readRecording, writeRecording, type Act, type Step } from '../../src/demo/recording.ts';
import { Theatre } from '../../src/composition/theatre.ts';

/** A dozen desks come up in two seconds; a busy machine has its own ideas. */
const START_TIMEOUT_MS = 60_000;

const theatre = new Theatre({ flightMs: 40 });

/** The first step from now on that satisfies. */
function until<Found extends Step>(is: (step: Step) => step is Found): Promise<Found> {
  const from = theatre.log.steps.length;
  return new Promise((resolve) => {
    const look = (): void => {
      const found = theatre.log.steps.slice(from).find(is);
      if (found === undefined) return;
      stop();
      resolve(found);
    };
    const stop = theatre.log.subscribe(look);
  });
}

const isKind =
  <Kind extends Step['kind']>(kind: Kind) =>
  (step: Step): step is Extract<Step, { kind: Kind }> =>
    step.kind === kind;

/** @param brokenBy the step after which they are brought back */
async function play(act: Act, brokenBy?: 'down' | 'cut'): Promise<{ winners: readonly string[]; steps: Step[] }> {
  const from = theatre.log.steps.length;
  const ended = until(isKind('ended'));
  const broken = brokenBy === undefined ? null : until(isKind(brokenBy));
  await theatre.act(act);
  if (broken !== null) {
    await broken;
    await theatre.heal();
  }
  const { winners } = await ended;
  return { winners, steps: theatre.log.steps.slice(from) };
}

function messagesOf(steps: readonly Step[]): readonly Extract<Step, { kind: 'message' }>[] {
  return steps.filter(isKind('message'));
}

/** The maker says how the offer of these steps has ended. */
function isTellingOf(step: Step, [begun]: readonly Step[]): boolean {
  return (
    step.kind === 'message' && step.command === 'offer:done' && begun?.kind === 'offer' && step.offer === begun.offer
  );
}

beforeAll(() => theatre.start(), START_TIMEOUT_MS);
afterAll(() => theatre.stop());

describe('the theatre', () => {
  it('without faults: all desks receive the offer, five accept, one wins', async () => {
    const { winners, steps } = await play('offer');
    expect(winners).toHaveLength(1);
    const messages = messagesOf(steps);
    // On a busy machine it may be announced again, and the first may accept before the last has it.
    const announced = messages.filter(
      ({ command, from, isAnswer }) => command === 'offer:new' && from === 'Dora' && isAnswer === undefined,
    );
    const others = theatre.log.desks.flatMap(({ name }) => (name === 'Dora' ? [] : [name]));
    expect(others).toHaveLength(12);
    expect(new Set(announced.map(({ to }) => to))).toEqual(new Set(others));
    const accepts = messages.filter(({ command, isAnswer }) => command === 'offer:accept' && isAnswer === undefined);
    expect(new Set(accepts.map(({ from }) => from)).size).toBe(5);
  });

  it('asks the same taker again when an answer is lost, where the naive flow asks another', async () => {
    const { winners, steps } = await play('lose-reply');
    const approvals = messagesOf(steps).filter(
      ({ command, isAnswer }) => command === 'offer:accept:approved' && isAnswer === undefined,
    );
    expect(new Set(approvals.map(({ to }) => to))).toEqual(new Set(winners));
    expect(approvals.length).toBeGreaterThan(1);
    const naive = naiveFlow({ format: 'grapevine-theatre/1', desks: [...theatre.log.desks], steps });
    expect(naiveOutcome(naive, steps[0]?.kind === 'offer' ? steps[0].offer : 0, Infinity).holders).toHaveLength(2);
  });

  it('delivers the award of a maker that was killed before it could send it', async () => {
    const { winners, steps } = await play('kill-maker', 'down');
    expect(steps.filter(isKind('down')).map(({ desk }) => desk)).toEqual(['Dora']);
    const told = steps.findIndex((step) => isTellingOf(step, steps));
    expect(told).toBeGreaterThan(steps.findIndex(isKind('up')));
    expect(winners).toHaveLength(1);
  });

  it('delivers the award to a winner that was killed, after its restart', async () => {
    const { winners, steps } = await play('kill-winner', 'down');
    expect(steps.filter(isKind('down')).map(({ desk }) => desk)).toEqual(winners);
  });

  it('awards the offer to one taker when the network is split and joined', async () => {
    const { winners, steps } = await play('cut', 'cut');
    const [cut] = steps.filter(isKind('cut'));
    expect(cut?.apart).toHaveLength(6);
    expect(cut?.apart).not.toContain('Dora');
    expect(winners).toHaveLength(1);
  });

  it('counts a message that arrives twice once', async () => {
    const { winners, steps } = await play('twice');
    const messages = messagesOf(steps);
    expect(messages.filter(({ isCopy }) => isCopy).length).toBeGreaterThan(20);
    expect(steps.filter((step) => step.kind === 'notice' && step.event === 'deal.awarded')).toHaveLength(1);
    expect(winners).toHaveLength(1);
  });

  it('refuses the messages of the dishonest desk', async () => {
    const { winners, steps } = await play('forge');
    const forged = messagesOf(steps).filter(({ as }) => as === 'Dora');
    expect(new Set(forged.map(({ command }) => command))).toEqual(new Set(['offer:accept:approved', 'offer:done']));
    const [victim] = forged.filter(({ command }) => command === 'offer:accept:approved').map(({ to }) => to);
    expect(winners).toHaveLength(1);
    expect(winners).not.toContain(victim);
    const answers = messagesOf(steps).filter(({ to, isAnswer }) => to === 'Mallory' && isAnswer);
    expect(new Set(answers.map(({ says }) => says))).toEqual(new Set(['ERR_SIGNATURE']));
  });

  it('runs one offer at a time, and none while a fault lasts', async () => {
    const ended = until(isKind('ended'));
    const down = until(isKind('down'));
    await theatre.act('kill-winner');
    await expect(theatre.act('offer')).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
    await down;
    await expect(theatre.act('offer')).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
    await theatre.heal();
    await ended;
  });

  it('makes a recording that can be read', () => {
    const { desks, steps } = theatre.log;
    const read = readRecording(writeRecording({ desks: [...desks], steps: [...steps] }));
    expect(read.ok ? '' : read.problem).toBe('');
  });
});
