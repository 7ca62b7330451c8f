/** A small chart over time. `summary` states its content in words, also for screen readers. */
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { themeVersion } from '../theme.ts';

export interface Series {
  readonly name: string;
  /** The name of a CSS variable of design/tokens.css. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly unit?: (value: number) => string;
  readonly kind?: 'bars' | 'lines';
  readonly summary: string;
}

const HEIGHT = 150;

export function Chart({ title, times, series, unit = String, kind = 'bars', summary }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  // A bar of height zero would still have a border.
  const drawn = ({ values }: Series): (number | null)[] =>
    values.map((value) => (kind === 'bars' && value === 0 ? null : value));
  const data = [times.map((at) => at / 1_000), ...series.map(drawn)] as UPlot.AlignedData;
  const version = themeVersion.value;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    plot.current = new UPlot(optionsOf({ element, series, unit, kind }), data, element);
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.current?.destroy();
    };
  }, [version]);
  useEffect(() => plot.current?.setData(data));
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="legend">
          {series.map(({ name, colour }) => (
            <span key={name}>
              <i style={{ background: `var(${colour})` }} />
              {name}
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={box} class="plot" role="img" aria-label={`${title}. ${summary}`} />
      <p class="faint">{summary}</p>
    </figure>
  );
}

interface Drawn extends Required<Pick<ChartProps, 'series' | 'unit' | 'kind'>> {
  readonly element: HTMLElement;
}

function optionsOf({ element, series, unit, kind }: Drawn): UPlot.Options {
  const style = getComputedStyle(element);
  const colour = (token: string): string => style.getPropertyValue(token).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: colour('--ink-faint'), font, ticks: { show: false } };
  const bars = UPlot.paths.bars?.({ size: [0.7, 14], radius: 0.25 });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 4, 0, 0],
    scales: { y: { range: (_, __, max) => [0, Math.max(1, (Number.isFinite(max) ? max : 0) * 1.15)] } },
    axes: [
      { ...axis, size: 26, grid: { show: false }, space: 70, values: '{HH}:{mm}' },
      {
        ...axis,
        size: 46,
        space: 36,
        grid: { stroke: colour('--line'), width: 1 },
        values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? unit(value) : '')),
      },
    ],
    series: [
      {},
      ...series.map(({ name, colour: token }) => ({
        label: name,
        stroke: colour(token),
        width: 1.5,
        ...(kind === 'bars'
          ? { fill: colour(token), points: { show: false } }
          : { points: { show: true, size: 5 }, spanGaps: true }),
        ...(kind === 'bars' && bars !== undefined && { paths: bars }),
      })),
    ],
  };
}
