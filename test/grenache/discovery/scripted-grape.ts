/** A grape's HTTP API that answers as it is told. */
import { createServer, type ServerResponse } from 'node:http';

interface GrapeQuestion {
  /** `lookup`, `announce` */
  readonly type: string;
  readonly data: unknown;
  /** Counts from 1. */
  readonly number: number;
}

/** A text is the raw body of an answer with status 200; anything else is written as JSON. A function answers by itself. */
export type GrapeScript = (question: GrapeQuestion) => unknown;

export interface ScriptedGrape {
  readonly url: string;
  readonly questions: readonly GrapeQuestion[];
  script: GrapeScript;
  stop(): Promise<void>;
}

export async function startScriptedGrape(script: GrapeScript): Promise<ScriptedGrape> {
  const questions: GrapeQuestion[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { data } = JSON.parse(body) as { data: unknown };
      const question = { type: (request.url ?? '').slice(1), data, number: questions.length + 1 };
      questions.push(question);
      void Promise.resolve(grape.script(question)).then((answer) => {
        respond(response, answer);
      });
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const grape: ScriptedGrape = {
    url: `http://127.0.0.1:${port}`,
    questions,
    script,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return grape;
}

function respond(response: ServerResponse, answer: unknown): void {
  if (typeof answer === 'function') (answer as (response: ServerResponse) => void)(response);
  else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
}
