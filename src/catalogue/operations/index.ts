import type { Operation } from '../../kernel/operation.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { modeGet } from './mode-get.ts';
import { modeSet } from './mode-set.ts';
import { toolSearch } from './tool-search.ts';

/** The operations that are about the catalogue itself, and so cannot be declared in an area. */
export const catalogueOperations = (exposure: Exposure): readonly Operation[] => [
  toolSearch(exposure),
  modeGet(exposure),
  modeSet(exposure),
];
