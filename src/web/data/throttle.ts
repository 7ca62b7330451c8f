/**
 * A function that starts `work`. While the work runs, and for `pauseMs` after it, any number of further calls causes one more run.
 * @param work does not reject
 */
export function throttle(work: () => Promise<void>, pauseMs: number): () => void {
  let state: 'idle' | 'busy' | 'again' = 'idle';
  const run = async (): Promise<void> => {
    state = 'busy';
    await work();
    setTimeout(() => {
      const isAgain = state === 'again';
      state = 'idle';
      if (isAgain) void run();
    }, pauseMs);
  };
  return () => {
    if (state === 'idle') void run();
    else state = 'again';
  };
}
