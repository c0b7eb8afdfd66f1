export { type CountedObjects, inScope, type QuotaEvaluator, scopeSelectorsOf, usageOf } from './evaluator.ts';
export { quotaEvaluatorOf } from './evaluators.ts';
export { podRequests, specAmounts } from './pod-resources.ts';
export {
  addAmounts, type Amounts, amountsList, amountsOf, amountsText, maskAmounts, sameAmounts, subtractAmounts, withoutZeros,
} from './resource-list.ts';
