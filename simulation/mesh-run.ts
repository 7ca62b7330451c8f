/** One run of a world of light desks, and the checks of it. */
import { DESK_LIMITS } from '../src/desk/limits.ts';
import { MeshWorld, type LightDesk, type MeshPlan, type MeshTampering } from './mesh-world.ts';

export interface MeshReport {
  readonly desks: number;
  /** The share of desks that have a fact after 2 s, before books are compared; the mean of all facts. */
  readonly reachAfter2s: number;
  readonly reachAfter10s: number;
  readonly factsSentPerDesk: number;
  readonly asksPerDeskAndMinute: number;
  readonly links: { readonly least: number; readonly mean: number };
}

export class MeshViolation extends Error {}

const HEALING_MS = 4 * DESK_LIMITS.bookSyncMs;
/** The most requests for links of a desk: four in each round, and repeated while links are missing. */
const ASKS_PER_MINUTE_MAX = 30;
const MINUTE_MS = 60_000;

/** @throws MeshViolation */
export async function runMesh(plan: MeshPlan, tampering: MeshTampering = {}): Promise<MeshReport> {
  const world = new MeshWorld(plan, tampering);
  await world.start();
  const isQuiet = plan.lost + plan.slow === 0;
  const asksBefore = world.asks;
  const startedMs = world.clock.now();
  const facts = makers(world, plan).map((maker) => world.announce(maker));
  for (const desk of world.desks) if (desk.isLiar) desk.lie();
  await world.clock.advance(2_000);
  const reachAfter2s = mean(facts.map((fact) => world.reach(fact)));
  await world.clock.advance(8_000);
  const reachAfter10s = mean(facts.map((fact) => world.reach(fact)));
  const factsSentPerDesk = world.factsSent / world.desks.length / plan.facts;
  assert(noLies(world), 'lies: a book has what nobody has signed');
  const linksMax = DESK_LIMITS.meshLinksMax * (plan.bridges > 0 ? 1.2 : 1);
  assert(factsSentPerDesk <= linksMax, `cost: each desk sends a fact ${factsSentPerDesk.toFixed(1)} times`);
  const links = world.desks.filter(({ isUp }) => isUp).map((desk) => desk.links);

  replaceSome(world, plan);
  facts.push(...makers(world, plan).map((maker) => world.announce(maker)));
  await world.clock.advance(HEALING_MS);

  const minutes = (world.clock.now() - startedMs) / MINUTE_MS;
  const asksPerDeskAndMinute = (world.asks - asksBefore) / world.desks.length / minutes;
  assert(noLies(world), 'lies: a book has what nobody has signed');
  if (isQuiet) assert(reachAfter2s > 0.999, `reach: after 2 s facts were at ${percent(reachAfter2s)} of the desks`);
  else assert(reachAfter10s > 0.99, `reach: after 10 s facts were at ${percent(reachAfter10s)} of the desks`);
  for (const [index, fact] of facts.entries()) {
    const reach = percent(world.reach(fact));
    assert(
      world.reach(fact) === 1,
      `healing: fact ${index} was at ${reach} of the desks after all books were compared`,
    );
  }
  const asks = asksPerDeskAndMinute.toFixed(1);
  assert(asksPerDeskAndMinute <= ASKS_PER_MINUTE_MAX, `cost: ${asks} requests for links per desk and minute`);
  for (const desk of world.desks) desk.stop();
  return {
    desks: plan.desks,
    reachAfter2s,
    reachAfter10s,
    factsSentPerDesk,
    asksPerDeskAndMinute,
    links: { least: Math.min(...links), mean: mean(links) },
  };
}

/** Replaces a tenth of the desks. New desks can learn earlier facts only from books. */
function replaceSome(world: MeshWorld, { desks, bridges }: MeshPlan): void {
  const mortal = world.desks.slice(bridges);
  for (let count = 0; count < desks / 10; count += 1) world.dice.pick(mortal)?.stop();
  for (let count = 0; count < desks / 10; count += 1) world.add(bridges === 0 ? [0] : [count % 2], false);
}

function makers(world: MeshWorld, { facts }: MeshPlan): readonly LightDesk[] {
  const honest = world.desks.filter(({ isUp, isLiar }) => isUp && !isLiar);
  return Array.from({ length: facts }, () => world.dice.pick(honest)).filter((desk) => desk !== undefined);
}

function noLies(world: MeshWorld): boolean {
  return world.desks.every(({ book }) => [...book.keys()].every((key) => world.genuine.has(key)));
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function assert(holds: boolean, text: string): void {
  if (!holds) throw new MeshViolation(text);
}
