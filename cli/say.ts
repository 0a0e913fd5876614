/** @file Words for people on stderr, and the progress line. */

const isTerminal = process.stderr.isTTY === true;

/** One sentence on stderr. */
export const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

/** A list of numbers as `JSON.stringify` breaks it into lines; a string never holds a line break. */
const numberList = /\[\n\s*((?:[-+.\de]+|null)(?:,\n\s*(?:[-+.\de]+|null))*)\n\s*\]/g;

/** Data on stdout: indented JSON, lists of numbers on one line. */
export function printJson(data: unknown): void {
  const text = JSON.stringify(data, null, 2).replace(
    numberList,
    (_, list: string) => `[${list.replace(/\n\s*/g, " ")}]`,
  );
  process.stdout.write(`${text}\n`);
}

export interface ProgressLine {
  /** @param text Further numbers, such as the objective. */
  update(step: number, steps: number, text: string): void;
  /** Clears the line. */
  end(): void;
}

/** Milliseconds between two updates: a terminal's line moves, a log gets few lines. */
const interval = isTerminal ? 100 : 10_000;

/**
 * Shows `title  12/256  8.1 steps/s  30 s left  …`; one moving line on a terminal, a line now and then elsewhere.
 *
 * @param unit What is counted; default steps.
 */
export function progressLine(title: string, { quiet = false, unit = "steps" } = {}): ProgressLine {
  let first: { readonly time: number; readonly step: number } | undefined;
  let shown = Number.NEGATIVE_INFINITY;
  return {
    update(step, steps, text) {
      const now = performance.now();
      first ??= { time: now, step };
      if (quiet || now - shown < interval) return;
      shown = now;
      const rate = (step - first.step) / ((now - first.time) / 1000);
      const pace = rate > 0 ? `${paceText(rate)} ${unit}/s  ${timeText((steps - step) / rate)} left` : "starting";
      const line = `${title}  ${step}/${steps}  ${pace}  ${text}`;
      const width = (process.stderr.columns ?? 80) - 1;
      process.stderr.write(isTerminal ? `\r\x1b[K${line.slice(0, width)}` : `${line}\n`);
    },
    end() {
      if (isTerminal && !quiet) process.stderr.write("\r\x1b[K");
    },
  };
}

const paceText = (rate: number): string => (rate < 100 ? rate.toPrecision(3) : String(Math.round(rate)));

/** `8 s`, `3 min`, `1 h 20 min` */
export function timeText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
