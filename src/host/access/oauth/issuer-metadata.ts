import { z } from 'zod';
import type { Clock } from '../../../engine/clock.ts';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { hourMs, secondMs } from '../../../kernel/instants.ts';
import { quoted, repeatable } from '../../../kernel/text.ts';
import { type AskProvider, unreachable } from './ask-provider.ts';

const metadataSchema = z.object({
  issuer: z.string(),
  jwks_uri: z.string().optional(),
  introspection_endpoint: z.string().optional(),
});

export type Endpoints = z.infer<typeof metadataSchema>;

const keptMs = hourMs;
/** How long nobody asks again after it failed. */
const pauseMs = 5 * secondMs;
const shownCharactersMax = 100;

/** Where an issuer's metadata can be: RFC 8414, section 3, and OpenID Connect Discovery, section 4. */
export const placesOfMetadata = (issuer: string): readonly string[] => {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
    ...(path === '' ? [] : [`${origin}/.well-known/openid-configuration${path}`]),
  ];
};

/** What an issuer says of itself: read when it is first needed, and again every hour. The one before holds while it fails. */
export class IssuerMetadata {
  readonly #issuer: string;
  readonly #ask: AskProvider;
  readonly #clock: Clock;
  #known: Outcome<Endpoints> | undefined;
  #until = 0;
  #reading: Promise<Outcome<Endpoints>> | undefined;

  constructor(issuer: string, ask: AskProvider, clock: Clock) {
    this.#issuer = issuer;
    this.#ask = ask;
    this.#clock = clock;
  }

  get(): Outcome<Endpoints> | Promise<Outcome<Endpoints>> {
    if (this.#known !== undefined && this.#clock.monotonic() < this.#until) return this.#known;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<Outcome<Endpoints>> {
    const found = await this.#find();
    if (found.ok || this.#known?.ok !== true) this.#known = found;
    this.#until = this.#clock.monotonic() + (found.ok ? keptMs : pauseMs);
    return this.#known;
  }

  async #find(): Promise<Outcome<Endpoints>> {
    let fault: Outcome<Endpoints> | undefined;
    for (const place of placesOfMetadata(this.#issuer)) {
      const answer = await this.#ask(place);
      const read = answer.ok ? this.#judge(answer.value) : answer;
      if (read.ok) return read;
      // What stands there says more than that nothing does.
      if (fault === undefined || (answer.ok && answer.value.status === 200)) fault = read;
    }
    return fault ?? unreachable('it has no metadata');
  }

  /** RFC 8414, section 3.3: metadata of another issuer must not be used. */
  #judge({ status, text }: { readonly status: number; readonly text: string }): Outcome<Endpoints> {
    if (status !== 200) return unreachable(`it answers ${status} where its metadata should be`);
    const read = metadataSchema.safeParse(jsonIn(text));
    if (!read.success) return unreachable('what stands where its metadata should be is none');
    const { issuer } = read.data;
    return issuer === this.#issuer
      ? ok(read.data)
      : unreachable(
          `its metadata is that of ${quoted(repeatable(issuer, shownCharactersMax))}, and oauth-issuer is another`,
        );
  }
}

/** Undefined for what is no JSON. */
export const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
