/** All limits of all folders by name; see docs/LIMITS.md. Names are unique. */
import { CONFIG_LIMITS } from '../config/limits.ts';
import { CONTROL_LIMITS } from '../control/limits.ts';
import { DESK_LIMITS } from '../desk/limits.ts';
import { GRENACHE_LIMITS } from '../grenache/limits.ts';
import { HYPERDHT_LIMITS } from '../hyperdht/limits.ts';
import { IDENTITY_LIMITS } from '../identity/limits.ts';
import { RULES_LIMITS } from '../rules/limits.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { LIMITS as PROTOCOL_LIMITS } from '../protocol/limits.ts';

export const LIMITS = {
  ...PROTOCOL_LIMITS,
  ...TRANSPORT_LIMITS,
  ...GRENACHE_LIMITS,
  ...HYPERDHT_LIMITS,
  ...IDENTITY_LIMITS,
  ...DESK_LIMITS,
  ...RULES_LIMITS,
  ...CONFIG_LIMITS,
  ...CONTROL_LIMITS,
} as const;
