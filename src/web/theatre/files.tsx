/** Opens and saves recordings: the included ones, and files that are chosen or dropped anywhere on the page. */
import { SHIPPED_RECORDINGS, writeRecording } from '../../demo/recording.ts';
import { Button } from '../ui/controls.tsx';
import { saveFile, useFileDrop } from '../ui/files.ts';
import { desks, steps } from './player.ts';
import { playFile, playShipped, SHIPPED_TITLES, source } from './source.ts';

export function Files() {
  return (
    <div class="files">
      <span class="faint">Recordings:</span>
      {SHIPPED_RECORDINGS.map((name) => (
        <Button key={name} kind="quiet" onClick={() => void playShipped(name)}>
          {SHIPPED_TITLES[name]}
        </Button>
      ))}
      <label class="button quiet">
        Open a file
        <input
          class="unseen"
          type="file"
          accept=".json,application/json"
          onChange={(event) => {
            playFirst(event.currentTarget.files);
            event.currentTarget.value = '';
          }}
        />
      </label>
      <Button kind="quiet" icon="save" disabled={steps.value.length === 0} onClick={save}>
        Save this recording
      </Button>
      {source.value === 'recording' && (
        <a class="button quiet" href="./">
          Back to this server’s demo
        </a>
      )}
    </div>
  );
}

function save(): void {
  const text = writeRecording({ desks: [...desks.value], steps: [...steps.value] });
  saveFile('grapevine-theatre.json', text, 'application/json');
}

function playFirst(files: FileList | null | undefined): void {
  const file = files?.[0];
  if (file !== undefined) void playFile(file);
}

export function FileDrop() {
  return useFileDrop(playFirst) ? <p class="drop-here">Drop a recording to play it</p> : null;
}
