import { z } from 'zod';

const bomSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string(), name: z.string() }) }),
  components: z.array(z.looseObject({ 'bom-ref': z.string(), name: z.string(), version: z.string() })),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

export type BillOfMaterials = z.infer<typeof bomSchema>;

const rootManifest = z.object({ name: z.string(), dependencies: z.record(z.string(), z.string()) });

/**
 * What the published package is made of, from what npm says of the whole checkout: its dependencies and theirs, whether
 * their code is in it or installed beside it. npm's own `--omit dev` leaves out as well what a tool needs besides.
 */
export const shippedBom = (whole: string, manifest: string): BillOfMaterials => {
  const bom = bomSchema.parse(JSON.parse(whole));
  const { name, dependencies } = rootManifest.parse(JSON.parse(manifest));
  const { component } = bom.metadata;
  const behind = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const direct = Object.entries(dependencies).map(([needed, version]) => `${needed}@${version}`);
  const shipped = new Set<string>();
  const take = (ref: string): void => {
    if (shipped.has(ref)) return;
    shipped.add(ref);
    for (const next of behind.get(ref) ?? []) take(next);
  };
  for (const ref of direct) take(ref);
  return {
    ...bom,
    // npm calls it after the folder that it lies in.
    metadata: { ...bom.metadata, component: { ...component, name } },
    components: bom.components.filter((one) => shipped.has(one['bom-ref'])),
    dependencies: bom.dependencies.flatMap((one) => {
      if (one.ref === component['bom-ref']) return { ...one, dependsOn: direct };
      return shipped.has(one.ref) ? one : [];
    }),
  };
};
