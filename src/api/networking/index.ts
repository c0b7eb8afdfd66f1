export { ingresses } from './ingress.ts';
export { ingressClasses } from './ingress-class.ts';
export { networkPolicies } from './network-policy.ts';
