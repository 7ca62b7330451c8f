/** Thousands of light desks: facts reach all of them, liars are not believed, and each defect is found. */
import { describe, expect, it } from 'vitest';
import { MESH_MUTANTS } from '../../simulation/mesh-mutants.ts';
import { MeshViolation, runMesh } from '../../simulation/mesh-run.ts';
import type { MeshPlan } from '../../simulation/mesh-world.ts';
import { IS_LONG } from '../effort.ts';

const QUIET: MeshPlan = { desks: 150, seed: 1, facts: 8, lost: 0, repeated: 0, slow: 0, liars: 0, bridges: 0 };
const ROUGH: MeshPlan = { ...QUIET, lost: 0.05, repeated: 0.05, slow: 0.05, liars: 0.05 };
/** A defect shows among fewer, in a third of the time. */
const FEW: MeshPlan = IS_LONG ? ROUGH : { ...ROUGH, desks: 60 };
const LONG_MS = 600_000;

describe('among many light desks', { timeout: LONG_MS }, () => {
  it.each([
    ['ways that work', QUIET],
    ['ways that lose, repeat and are slow, and books that lie', ROUGH],
    ['two networks and a bridge', { ...QUIET, bridges: 1 }],
    ['two networks and three bridges, with all of that', { ...ROUGH, bridges: 3 }],
  ])('with %s, each fact reaches every desk', async (_what, plan) => {
    const seeds = IS_LONG ? [1, 2, 3, 4, 5] : [1];
    for (const seed of seeds) await runMesh({ ...plan, seed });
  });

  it.runIf(IS_LONG)('each fact reaches every one of ten thousand desks', async () => {
    const { reachAfter2s, links } = await runMesh({ ...ROUGH, desks: 10_000 });
    expect(reachAfter2s).toBeGreaterThan(0.99);
    expect(links.least).toBeGreaterThan(0);
  });
});

describe('the simulation of many desks kills mutant', { timeout: LONG_MS }, () => {
  it.each(MESH_MUTANTS)('$name: $defect', async ({ tampering, dies, plan }) => {
    const world = { ...FEW, ...plan };
    // Only where all is well without the defect, the defect is what is found.
    await runMesh(world);
    const run = runMesh(world, tampering);
    await expect(run).rejects.toBeInstanceOf(MeshViolation);
    await expect(run).rejects.toThrow(dies);
  });
});
