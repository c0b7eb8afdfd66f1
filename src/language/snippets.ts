/** A whole manifest in LSP's snippet syntax. Images are ones that the lab runs. */
export interface Snippet {
  readonly kind: string;
  readonly text: string;
}

const labelled = 'metadata:\n  name: ${1:web}\n  labels:\n    app: ${1:web}';

/** The manifests that learners write most, smallest useful form. */
export const snippets: readonly Snippet[] = [
  { kind: 'Pod', text: `apiVersion: v1\nkind: Pod\n${labelled}\nspec:\n  containers:\n    - name: \${2:web}\n      image: \${3:nginx}\n      ports:\n        - containerPort: \${4:80}\n` },
  {
    kind: 'Deployment',
    text: `apiVersion: apps/v1\nkind: Deployment\n${labelled}\nspec:\n  replicas: \${2:3}\n  selector:\n    matchLabels:\n      app: \${1:web}\n  template:\n    metadata:\n      labels:\n        app: \${1:web}\n    spec:\n      containers:\n        - name: \${3:web}\n          image: \${4:nginx}\n          ports:\n            - containerPort: \${5:80}\n`,
  },
  { kind: 'Service', text: 'apiVersion: v1\nkind: Service\nmetadata:\n  name: ${1:web}\nspec:\n  selector:\n    app: ${2:web}\n  ports:\n    - port: ${3:80}\n      targetPort: ${4:80}\n' },
  { kind: 'ConfigMap', text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${1:settings}\ndata:\n  ${2:key}: ${3:value}\n' },
  { kind: 'Secret', text: 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${1:credentials}\ntype: Opaque\nstringData:\n  ${2:password}: ${3:change-me}\n' },
  { kind: 'Namespace', text: 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${1:team-a}\n' },
  {
    kind: 'StatefulSet',
    text: `apiVersion: apps/v1\nkind: StatefulSet\n${labelled}\nspec:\n  serviceName: \${1:web}\n  replicas: \${2:3}\n  selector:\n    matchLabels:\n      app: \${1:web}\n  template:\n    metadata:\n      labels:\n        app: \${1:web}\n    spec:\n      containers:\n        - name: \${3:web}\n          image: \${4:nginx}\n          ports:\n            - containerPort: \${5:80}\n`,
  },
  {
    kind: 'DaemonSet',
    text: `apiVersion: apps/v1\nkind: DaemonSet\n${labelled}\nspec:\n  selector:\n    matchLabels:\n      app: \${1:web}\n  template:\n    metadata:\n      labels:\n        app: \${1:web}\n    spec:\n      containers:\n        - name: \${2:agent}\n          image: \${3:busybox}\n          command: ["sleep", "infinity"]\n`,
  },
  { kind: 'Job', text: 'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: ${1:once}\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        - name: ${2:main}\n          image: ${3:busybox}\n          command: ["sh", "-c", "${4:echo done}"]\n' },
  {
    kind: 'CronJob',
    text: 'apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: ${1:every-minute}\nspec:\n  schedule: "${2:* * * * *}"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n            - name: ${3:main}\n              image: ${4:busybox}\n              command: ["sh", "-c", "${5:date}"]\n',
  },
  {
    kind: 'Ingress',
    text: 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: ${1:web}\nspec:\n  rules:\n    - host: ${2:web.example.com}\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service:\n                name: ${3:web}\n                port:\n                  number: ${4:80}\n',
  },
  { kind: 'PersistentVolumeClaim', text: 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: ${1:data}\nspec:\n  accessModes:\n    - ReadWriteOnce\n  resources:\n    requests:\n      storage: ${2:1Gi}\n' },
  {
    kind: 'NetworkPolicy',
    text: 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: ${1:allow-from-web}\nspec:\n  podSelector:\n    matchLabels:\n      app: ${2:db}\n  policyTypes:\n    - Ingress\n  ingress:\n    - from:\n        - podSelector:\n            matchLabels:\n              app: ${3:web}\n',
  },
  {
    kind: 'HorizontalPodAutoscaler',
    text: 'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: ${1:web}\nspec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: ${2:web}\n  minReplicas: ${3:1}\n  maxReplicas: ${4:5}\n  metrics:\n    - type: Resource\n      resource:\n        name: cpu\n        target:\n          type: Utilization\n          averageUtilization: ${5:50}\n',
  },
];
