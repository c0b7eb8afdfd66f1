import json,re,sys
d=json.load(open('/work/shared/data/kubernetes-api-facts.json'))
T=d['types'];A=d['aliases'];E=d['enums']
core='io.k8s.api.core.v1.';meta='io.k8s.apimachinery.pkg.apis.meta.v1.'
groups=['core.v1','apps.v1','batch.v1','autoscaling.v2','autoscaling.v1','policy.v1','networking.v1','discovery.v1','events.v1','coordination.v1','node.v1','scheduling.v1','storage.v1','rbac.v1','authentication.v1','authorization.v1','certificates.v1','admissionregistration.v1','flowcontrol.v1']
names={}  # full -> short
used={'Event','Scale'}
used=set()
for n in T:
    if n.startswith(meta) and n[len(meta):] in ('ObjectMeta','ListMeta','OwnerReference','LabelSelector','LabelSelectorRequirement','Condition','DeleteOptions','Preconditions','ManagedFieldsEntry','Status','StatusDetails','StatusCause','APIResource','APIResourceList','APIGroup','APIGroupList','GroupVersionForDiscovery','FieldSelectorRequirement','ServerAddressByClientCIDR','PartialObjectMetadata'):
        names[n]=n[len(meta):];used.add(names[n])
for g in groups:
    p='io.k8s.api.'+g+'.'
    for n in T:
        if n.startswith(p):
            s=n[len(p):]
            if s in used: s=''.join(x.capitalize() for x in g.split('.'))+s
            names[n]=s;used.add(s)
def resolve(pkg,t):
    # returns ts type
    t=t.strip()
    if t.startswith('*'): return resolve(pkg,t[1:])
    if t=='[]byte': return 'string'
    if t.startswith('[]'):
        i=resolve(pkg,t[2:]); return f'readonly {i}[]' if re.match(r'^[\w.]+$',i) else f'readonly ({i})[]'
    m=re.match(r'map\[([^\]]+)\](.*)$',t)
    if m: return f'Readonly<Record<string, {resolve(pkg,m.group(2))}>>'
    prim={'string':'string','bool':'boolean','byte':'number','float64':'number','any':'unknown','interface{}':'unknown'}
    if t in prim: return prim[t]
    if re.match(r'^u?int(\d+)?$',t): return 'number'
    special={'Time':'string','MicroTime':'string','Duration':'string','Quantity':'string','IntOrString':'number | string','RawExtension':'unknown','FieldsV1':'unknown','UID':'string','Verbs':'readonly string[]','ExtraValue':'readonly string[]','ResourceList':'Readonly<Record<string, string>>','Object':'unknown','Unknown':'unknown','JSON':'unknown','ObjectName':'string'}
    short=t.split('.')[-1]
    if short in special: return special[short]
    cands=[]
    if '.' in t:
        al,s=t.split('.')
        if al in('metav1',): cands=[meta+s]
        elif al in('v1','corev1','core','api','apiv1'): cands=[core+s,meta+s]
        else: cands=[f'io.k8s.api.{al[:-2]}.v1.{s}']
    else: cands=[pkg+'.'+t,meta+t]
    for c in cands:
        if c in T and c in names: need(c); return names[c]
        if c in E: return ' | '.join("'%s'"%v for v in E[c]) if False else 'string'
        if c in A: return resolve('.'.join(c.split('.')[:-1]),A[c])
    if t.startswith('types.') or t.startswith('intstr'): return 'string'
    sys.stderr.write(f'? {pkg} {t}\n'); return 'unknown'
out={};queue=[]
def need(n):
    if n not in out: out[n]=None;queue.append(n)
roots=[n for g in groups for n in T if n.startswith('io.k8s.api.'+g+'.') and any(f['name']=='metadata' for f in T[n]) and any(f.get('inline') and 'TypeMeta' in f['type'] for f in T[n]) and not n.endswith('List')]
roots+=[meta+x for x in('Status','APIResourceList','APIGroupList','Condition','DeleteOptions')]
for r in roots: need(r)
while queue:
    n=queue.pop(0);pkg='.'.join(n.split('.')[:-1]);L=[];ext=[]
    for f in T[n]:
        if f.get('inline') or not f['name']:
            if 'TypeMeta' in f['type']: ext.append('TypeMeta');continue
            t=resolve(pkg,f['type']);ext.append(t);continue
        ty=resolve(pkg,f['type'])
        q='' if f.get('required') or f['name']=='metadata' or (n in roots and f['name']=='spec') or (n==meta+'ObjectMeta' and f['name'] in('name','uid','resourceVersion','creationTimestamp')) else '?'
        if f['name']=='metadata' and n not in roots: q='?';ty='Partial<ObjectMeta>' if ty=='ObjectMeta' else ty
        nm=f['name'] if re.match(r'^[A-Za-z_$][\w$]*$',f['name']) else repr(f['name'])
        L.append(f"  readonly {nm}{q}: {ty};")
    e=' extends '+', '.join(ext) if ext else ''
    out[n]=f'export interface {names[n]}{e} {{\n'+'\n'.join(L)+'\n}\n'
s='/** The Kubernetes API objects as TypeScript types: field names, shapes and which fields are required. Made by scripts/generate-types from the facts of the Kubernetes API types; do not edit by hand. Quantities, times and base64 are strings; every field is read-only, for objects are frozen and shared. */\n\nexport interface TypeMeta {\n  readonly apiVersion?: string;\n  readonly kind?: string;\n}\n\n'
s+='\n'.join(out[n] for n in sorted(out,key=lambda n:names[n]))
open('/work/main/src/api/types.ts','w').write(s)
print(len(out))
