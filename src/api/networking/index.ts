export { ingresses } from './ingress.ts';
export { ingressClasses } from './ingress-class.ts';
export { ipAddresses } from './ip-address.ts';
export { networkPolicies } from './network-policy.ts';
export { serviceCidrs } from './service-cidr.ts';
