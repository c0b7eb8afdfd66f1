import type { ColumnDefinition } from '../definition.ts';
import type { KubernetesObject } from '../meta.ts';
import type { Container } from '../types.ts';
import { wideColumn } from './columns.ts';
import { containerImagesText, containerNamesText } from './text.ts';

/** The wide columns Containers, Images and Selector, which every workload ends with. */
export function workloadWideColumns<T extends KubernetesObject>(
  containersOf: (object: T) => readonly Container[] | undefined, selectorOf: (object: T) => string,
): readonly ColumnDefinition<T>[] {
  return [
    wideColumn<T>('Containers', 'string', 'Names of the containers in the template.', (object) => containerNamesText(containersOf(object))),
    wideColumn<T>('Images', 'string', 'Images of the containers in the template.', (object) => containerImagesText(containersOf(object))),
    wideColumn<T>('Selector', 'string', 'Labels of the pods that belong to this object.', selectorOf),
  ];
}
