/* One process of a campaign: runs its share, and tells its parent. */
import { trustedJson } from '../../src/kernel/json.ts';
import { type Share, runShare } from './campaign.ts';

const share: Share = trustedJson(process.argv[2] ?? '');
await runShare(share, (part) => process.send?.(part));
process.disconnect?.();
