import type { Hub } from './hub.ts';
import { type FaultKind, type Weather, type World, faultKinds } from './world.ts';
import type { Random } from './random.ts';

/** How likely a fault is each time that it could happen, where a world has it at all. */
const heaviest: Readonly<Record<FaultKind, number>> = {
  'crash before commit': 0.06,
  'crash after commit': 0.06,
  'crash at any time': 1,
  'orderly restart': 0.5,
  'reply lost, stored': 0.15,
  'reply lost, not stored': 0.12,
  'stored after the reply was lost': 0.1,
  'disk full': 0.06,
  'reply to an agent lost': 0.12,
  'call made twice': 0.2,
  'call made again': 0,
  partition: 1,
  'slow disk': 0.7,
  'stalled process': 0.7,
  'wall clock set': 0.5,
  'uneven clock rate': 0.5,
  'all machines sleep': 0.4,
  'torn write': 0.06,
};

/** Each world has about half of the faults, so that each fault also meets few others. */
export const drawWeather = (random: Random): Weather => {
  const weather: Record<FaultKind, number> = { ...heaviest };
  const isFair = random.chance(0.05);
  for (const kind of faultKinds)
    weather[kind] = isFair || random.chance(0.5) ? 0 : heaviest[kind] * random.fraction();
  return weather;
};

const everyMs: readonly [number, number] = [20, 3_000];
const timesMax = 12;
const hourMs = 3_600_000;
/** Longer, and calls would be made again after their request ids were forgotten. */
const sleepsMaxMs = 20 * hourMs;

type Strike = (hub: Hub, world: World) => void;

/** Another time of day, another pace; both from the next start on. */
const strikes: readonly (readonly [kind: FaultKind, strike: Strike])[] = [
  ['crash at any time', (hub) => hub.crash('crash at any time')],
  ['orderly restart', (hub) => hub.stop()],
  [
    'partition',
    (hub, { random, struck }) => {
      struck('partition', hub.name);
      hub.cutOff(random.skewed(5, 20_000));
    },
  ],
  [
    'slow disk',
    (hub, world) => {
      world.struck('slow disk', hub.name);
      world.slowUntil = world.timeline.now + world.random.skewed(50, 8_000);
    },
  ],
  [
    'stalled process',
    (hub, { random, struck }) => {
      struck('stalled process', hub.name);
      hub.stall(random.skewed(5, 15_000));
    },
  ],
  [
    'wall clock set',
    (hub, { random, struck }) => {
      struck('wall clock set', hub.name);
      const [sign, most] = [random.pick([-1, 1]), random.pick([1_000, 60_000, hourMs])];
      hub.setClock({ wallOffsetMs: sign * random.between(0, most) });
      if (random.chance(0.5)) hub.crash('crash at any time');
    },
  ],
  [
    'uneven clock rate',
    (hub, { random, struck }) => {
      struck('uneven clock rate', hub.name);
      hub.setClock({ rate: random.between(0.7, 1.4) });
      if (random.chance(0.5)) hub.crash('crash at any time');
    },
  ],
];

/** What goes wrong by itself, again and again until the world is healed. */
export const letChaosLoose = (world: World, hubs: readonly Hub[]): void => {
  const { timeline, random, nature, weather, struck } = world;
  const possible = strikes.flatMap(([kind, strike]): (readonly [number, Strike])[] =>
    weather[kind] > 0 ? [[weather[kind], strike]] : [],
  );
  let sleptMs = 0;
  const sleep = (): void => {
    const ms = random.pick([8_000, 130_000, 400_000, 1.5 * hourMs]) * random.between(0.5, 1.5);
    if (sleptMs + ms > sleepsMaxMs) return;
    sleptMs += ms;
    struck('all machines sleep', `${Math.round(ms)} ms`);
    timeline.sleep(ms);
    for (const hub of hubs) hub.woke();
  };
  if (weather['all machines sleep'] > 0) possible.push([weather['all machines sleep'], sleep]);
  if (possible.length === 0) return;
  let times = 0;
  const strike = (): void => {
    if (world.healed || times === timesMax) return;
    times += 1;
    random.weighted(possible)(random.pick(hubs), world);
    timeline.after(random.skewed(...everyMs), nature, strike);
  };
  timeline.after(random.skewed(...everyMs), nature, strike);
};
