/** Intended defects of a mesh of many desks. The world of light desks must find each of them. */
import type { MeshPlan, MeshTampering } from './mesh-world.ts';

export interface MeshMutant {
  readonly name: string;
  readonly defect: string;
  readonly tampering: MeshTampering;
  /** Matches the text of the violation. */
  readonly dies: RegExp;
  readonly plan?: Partial<MeshPlan>;
}

export const MESH_MUTANTS: readonly MeshMutant[] = [
  {
    name: 'believe-the-carrier',
    defect: 'takes a passed-on fact without looking at its signature',
    tampering: { believesAnybody: true },
    dies: /^lies: /,
  },
  {
    name: 'believe-books',
    defect: 'takes what a link has in its book without looking at its signature',
    tampering: { believesBooks: true },
    dies: /^lies: /,
  },
  {
    name: 'pass-nothing-on',
    defect: 'keeps to itself what it hears',
    tampering: { passesNothingOn: true },
    dies: /^reach: /,
  },
  {
    name: 'compare-nothing',
    defect: 'never compares books, so that who comes late knows nothing',
    tampering: { comparesNothing: true },
    dies: /^healing: /,
  },
  {
    name: 'pass-on-again',
    defect: 'passes a fact on each time that it comes',
    tampering: { repeatsWhatItHears: true },
    dies: /^cost: each desk sends/,
  },
  {
    name: 'bridge-on-one-side',
    defect: 'a bridge passes facts on in one of its networks alone',
    tampering: { bridgesOneSide: true },
    dies: /^reach: /,
    plan: { bridges: 1 },
  },
];
