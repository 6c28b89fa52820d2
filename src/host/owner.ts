export { ownerPrincipal } from '../kernel/names.ts';
