import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { httpHeaderNameErrors, portNameErrors, portNumberErrors } from '../../names.ts';
import type { ContainerPort, HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../types.ts';
import { portProtocols } from '../endpoints.ts';
import { validateNonNegative } from '../object-meta.ts';

const onlyOneHandler = 'may not specify more than 1 handler type';

/** Kubernetes: core validation, validateLivenessProbe and validateStartupProbe. */
export function validateLivenessProbe(probe: Probe, path: string, errors: FieldError[]): void {
  validateProbe(probe, path, errors);
  if (probe.successThreshold !== 1) errors.push(invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
}

/** Kubernetes: core validation, validateReadinessProbe. */
export function validateReadinessProbe(probe: Probe, path: string, errors: FieldError[]): void {
  validateProbe(probe, path, errors);
  if (probe.terminationGracePeriodSeconds !== undefined) {
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes'));
  }
}

function validateProbe(probe: Probe, path: string, errors: FieldError[]): void {
  validateHandler(probe, undefined, path, errors);
  validateNonNegative(probe.initialDelaySeconds, `${path}.initialDelaySeconds`, errors);
  validateNonNegative(probe.timeoutSeconds, `${path}.timeoutSeconds`, errors);
  validateNonNegative(probe.periodSeconds, `${path}.periodSeconds`, errors);
  validateNonNegative(probe.successThreshold, `${path}.successThreshold`, errors);
  validateNonNegative(probe.failureThreshold, `${path}.failureThreshold`, errors);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
}

/** Kubernetes: core validation, validateLifecycle. */
export function validateLifecycle(lifecycle: Lifecycle, graceSeconds: number | undefined, path: string, errors: FieldError[]): void {
  if (lifecycle.postStart) validateHandler(lifecycle.postStart, graceSeconds, `${path}.postStart`, errors);
  if (lifecycle.preStop) validateHandler(lifecycle.preStop, graceSeconds, `${path}.preStop`, errors);
}

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>;

/** Exactly one way to act. Kubernetes: core validation, validateHandler. */
function validateHandler(handler: Handler, graceSeconds: number | undefined, path: string, errors: FieldError[]): void {
  let count = 0;
  const isFirst = (name: string): boolean => {
    count += 1;
    if (count > 1) errors.push(forbidden(`${path}.${name}`, onlyOneHandler));
    return count === 1;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec && isFirst('exec') && (exec.command ?? []).length === 0) errors.push(required(`${path}.exec.command`));
  if (httpGet && isFirst('httpGet')) validateHttpGet(httpGet, `${path}.httpGet`, errors);
  if (tcpSocket && isFirst('tcpSocket')) validatePortNumberOrName(tcpSocket.port, `${path}.tcpSocket.port`, errors);
  if (grpc && isFirst('grpc')) validatePortNumberOrName(grpc.port, `${path}.grpc.port`, errors);
  if (sleep && isFirst('sleep') && graceSeconds !== undefined && (sleep.seconds < 0 || sleep.seconds > graceSeconds)) {
    errors.push(invalid(`${path}.sleep`, sleep.seconds, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`));
  }
  if (count === 0) errors.push(required(path, 'must specify a handler type'));
}

function validateHttpGet(action: HTTPGetAction, path: string, errors: FieldError[]): void {
  if (!action.path) errors.push(required(`${path}.path`));
  validatePortNumberOrName(action.port, `${path}.port`, errors);
  if (action.scheme !== 'HTTP' && action.scheme !== 'HTTPS') errors.push(notSupported(`${path}.scheme`, action.scheme ?? '', ['HTTP', 'HTTPS']));
  for (const header of action.httpHeaders ?? []) {
    for (const text of httpHeaderNameErrors(header.name ?? '')) errors.push(invalid(`${path}.httpHeaders`, header.name, text));
  }
}

/** Kubernetes: core validation, ValidatePortNumOrName. */
export function validatePortNumberOrName(port: number | string | undefined, path: string, errors: FieldError[]): void {
  const value = port ?? 0;
  const texts = typeof value === 'number' ? portNumberErrors(value) : portNameErrors(value);
  for (const text of texts) errors.push(invalid(path, value, text));
}

/** Kubernetes: core validation, validateContainerPorts. */
export function validateContainerPorts(ports: readonly ContainerPort[], path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = `${path}[${index}]`;
    if (port.name) {
      const texts = portNameErrors(port.name);
      for (const text of texts) errors.push(invalid(`${at}.name`, port.name, text));
      if (texts.length === 0 && names.has(port.name)) errors.push({ type: 'Duplicate', field: `${at}.name`, value: port.name, detail: '' });
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`));
    else for (const text of portNumberErrors(port.containerPort)) errors.push(invalid(`${at}.containerPort`, port.containerPort, text));
    if (port.hostPort) for (const text of portNumberErrors(port.hostPort)) errors.push(invalid(`${at}.hostPort`, port.hostPort, text));
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!portProtocols.includes(port.protocol)) errors.push(notSupported(`${at}.protocol`, port.protocol, portProtocols));
  });
}
