/** Recordings as files: saved, chosen, or dropped anywhere on the page; and those that come with it. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { SHIPPED_RECORDINGS, writeRecording } from '../../demo/recording.ts';
import { Button } from '../ui/controls.tsx';
import { desks, steps } from './player.ts';
import { playFile, playShipped, SHIPPED_TITLES, source } from './source.ts';

const isOver = signal(false);

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
        Save this one
      </Button>
      {source.value === 'recording' && (
        <a class="button quiet" href="./">
          What this server shows
        </a>
      )}
    </div>
  );
}

function save(): void {
  const text = writeRecording({ desks: [...desks.value], steps: [...steps.value] });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = 'grapevine-theatre.json';
  link.click();
  URL.revokeObjectURL(link.href);
}

function playFirst(files: FileList | null | undefined): void {
  const file = files?.[0];
  if (file !== undefined) void playFile(file);
}

export function FileDrop() {
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      isOver.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    const drop = (event: DragEvent): void => {
      isOver.value = false;
      if (!hasFiles(event)) return;
      event.preventDefault();
      playFirst(event.dataTransfer?.files);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  return isOver.value ? <p class="drop-here">Drop a recording to play it</p> : null;
}
