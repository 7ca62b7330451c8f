/** `grapevine explain`: prints the whole story of an offer from the journal, in plain words. */
import { Command } from 'commander';
import { addDeskOptions, readDesk, type DeskOptions } from './desk-client.ts';
import { makerOption, readId, type MakerOption } from './option-readers.ts';
import { printResult } from './print.ts';
import { storyText } from '../text/story.ts';

export function createCommand(): Command {
  const command = new Command('explain')
    .argument('<id>', 'of the offer, or the beginning of it', readId)
    .addOption(makerOption());
  return addDeskOptions(command)
    .addHelpText('after', '\nExample:\n  grapevine explain 52934961')
    .action(async (id: string, options: DeskOptions & MakerOption) => {
      const story = await readDesk(options, (desk) => desk.story(id, options.maker));
      printResult(options.json, story, () => storyText(story, Date.now()));
    });
}
