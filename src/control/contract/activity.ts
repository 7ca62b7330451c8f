/** The recent activity of a desk for charts, counted in memory since its start. */
import { z } from 'zod';
import { countSchema, durationSchema, idSchema, timeSchema } from './values.ts';

const minuteSchema = z
  .object({
    at: timeSchema.describe('Start of the minute.'),
    awarded: countSchema.describe('Own offers that became deals.'),
    won: countSchema.describe('Offers of others that became deals.'),
    lost: countSchema.describe('Offers of others that this desk did not get.'),
    refusals: countSchema.describe(
      'Holds that ended without a deal, and acceptances that were refused or not answered.',
    ),
    dealMs: z
      .object({ median: durationSchema, slowest: durationSchema })
      .nullable()
      .describe(
        'From the announcement to the award, or from the acceptance to the deal; null: no deal in that minute.',
      ),
  })
  .meta({ id: 'Minute' });

const broadcastSchema = z
  .object({ offerId: idSchema, at: timeSchema, reached: countSchema, unreachable: countSchema })
  .meta({ id: 'Broadcast' });

export const activitySchema = z
  .object({
    minutes: z.array(minuteSchema).describe('The last hour, the oldest first; also minutes without events.'),
    broadcasts: z.array(broadcastSchema).describe('The latest announcements of own offers, the oldest first.'),
  })
  .meta({ id: 'Activity' });

export type Activity = z.output<typeof activitySchema>;
export type Minute = z.output<typeof minuteSchema>;
export type Broadcast = z.output<typeof broadcastSchema>;
