export * from './kubelet-connection.ts';
export * from './transport.ts';
