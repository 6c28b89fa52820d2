/* A stdio process in front of a running hub, for tests: `node mcp-child.ts URL [AGENT]`. */
import { operations } from '../../src/areas/operations.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { stderrLog } from '../../src/host/log.ts';
import { connectHub } from '../../src/surfaces/http/client.ts';
import { mcpOverStdio } from '../../src/surfaces/mcp/over-stdio.ts';
import { probes } from './probes.ts';

const [, , url = '', agent] = process.argv;
const hub = await connectHub(url);
if (hub.ok) {
  const { done } = mcpOverStdio({
    hub: hub.value,
    catalogue: new Catalogue([...operations, ...probes]),
    log: stderrLog({ logLevel: 'warn', debug: false }),
    principal: 'owner',
    workspace: undefined,
    agent,
    mode: undefined,
    input: process.stdin,
    output: process.stdout,
  });
  await done;
  hub.value.close();
} else {
  console.error(hub.message);
  process.exitCode = 1;
}
