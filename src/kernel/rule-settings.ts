/**
 * What whoever runs this process has set, as far as rules go by it. Each area adds its own member to this interface, as
 * it does to `Slices`. Two processes may differ: what was decided by one holds for all, as its entries say it.
 */
export interface RuleSettings {}
